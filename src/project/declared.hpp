#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "project/needs.hpp"

namespace launch::project {

/// Files in which a source tree may declare what it requires, in the order in which they are looked for:
/// pyproject.toml, setup.cfg, setup.py, requirements.txt.
std::vector<std::string> declaring_files();

/// What such a file requires of a package (normalized name), in extras and groups too. A file that cannot be
/// read as its kind declares nothing, as range only compares with it. setup.py is not run: a string in it
/// that is a requirement counts. Pure.
std::vector<FoundRequirement> declared_in(std::string_view text, const std::string& file,
                                          std::string_view package);

}  // namespace launch::project
