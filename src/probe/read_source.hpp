#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace launch::probe {

/// The text of a source file. Errors (environment): it cannot be read, or has more than 64 MiB.
Result<std::string> read_source(const std::filesystem::path& file);

}  // namespace launch::probe
