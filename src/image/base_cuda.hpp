#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "project/project.hpp"

namespace launch::image {

/// Compares the CUDA version of a lock's base image with that of its torch, as far as both are known: a lock
/// may have been edited. Returns a warning if the minor versions differ, else nothing. Errors (input): the
/// major versions differ.
Result<std::string> check_base_cuda(std::string_view recipe, const project::LoadedLock& lock);

}  // namespace launch::image
