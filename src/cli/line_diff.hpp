#pragma once

#include <string>
#include <string_view>

namespace launch::cli {

/// What changed between two texts, line by line: "--- OLD_NAME", "+++ NEW_NAME", then "-" and "+" lines, with
/// one unchanged line before each run of them. For files of a few hundred lines.
std::string line_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                      std::string_view new_name);

}  // namespace launch::cli
