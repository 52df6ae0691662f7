#pragma once

#include <cstdint>
#include <string>

#include "pysource/gate_value.hpp"

// The scanned code decides how large values become, so they are limited. Beyond the limit a value is open: no
// version test needs it.

namespace launch::pysource {

/// A number; at most the largest int64_t.
Value limited(std::uint64_t number);
/// A text that a method or an operator made; open if it is longer than 4096 bytes.
Value limited(std::string text);
/// A sequence or mapping; open if it has more than 4096 parts, counting those of its items.
Value limited(Value value);

}  // namespace launch::pysource
