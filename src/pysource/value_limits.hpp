#pragma once

#include <cstdint>
#include <string>

#include "pysource/gate_value.hpp"

// Scanned code decides how large values become. What no test of a version needs is open.

namespace launch::pysource {

/// A number of a version or a text; what is more than an int64_t is its greatest.
Value limited(std::uint64_t number);
/// A text that a method or an operator made; open if it is longer than 4096 bytes.
Value limited(std::string text);
/// A sequence or mapping; open if it has more than 4096 parts, with those of its parts.
Value limited(Value value);

}  // namespace launch::pysource
