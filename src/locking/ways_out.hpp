#pragma once

#include <string>
#include <vector>

#include "resolve/conflict.hpp"

namespace launch::locking {

/// What a person could change so that the requirements of a refused recipe can be met, as hints: what the
/// recipe itself bounds, a base image with a newer glibc, another Python, an override of what packages ask
/// for.
std::vector<std::string> ways_out(const resolve::Conflict& conflict);

/// An explanation of at most 12 lines: the middle of a longer one is left out, and in the log with --verbose.
std::string shortened(const std::string& explanation);

}  // namespace launch::locking
