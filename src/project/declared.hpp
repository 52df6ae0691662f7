#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "project/needs.hpp"

namespace launch::project {

/// Files in which a source tree may declare what it requires, in the order in which they are looked for:
/// pyproject.toml, setup.cfg, setup.py, requirements.txt.
std::vector<std::string> declaring_files();

/// What such a file requires of a package (normalized name), in extras and groups too. setup.py is not run: a
/// string in it that is a requirement counts. Pure. Errors (input): the text is no TOML, or no requirements
/// file, with its place.
Result<std::vector<FoundRequirement>> declared_in(std::string_view text, const std::string& file,
                                                  std::string_view package);

}  // namespace launch::project
