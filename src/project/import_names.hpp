#pragma once

#include <string>
#include <string_view>

namespace launch::project {

/// The package (normalized) that has a top-level module: "pyyaml" for "yaml". For a module that is not known
/// to be named otherwise, its own name.
std::string package_of_module(std::string_view module);

}  // namespace launch::project
