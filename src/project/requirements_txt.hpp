#pragma once

#include <string_view>

#include "base/result.hpp"
#include "project/needs.hpp"

namespace launch::project {

/// Reads a requirements file as pip does ("Requirements File Format"): requirements with markers, extras and
/// hashes, -r and -c, comments and lines continued by "\". Options that choose an index are noted as ignored.
/// `file` is its path for messages. Errors (input): a line that pip would refuse, with its place.
Result<ProjectNeeds> parse_requirements_txt(std::string_view text, std::string_view file);

}  // namespace launch::project
