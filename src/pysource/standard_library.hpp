#pragma once

#include <string_view>

namespace launch::pysource {

/// True for a top-level module of Python's standard library, in any version from 3.8 on.
bool is_standard_library(std::string_view module);

}  // namespace launch::pysource
