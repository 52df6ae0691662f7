#pragma once

#include <string>
#include <string_view>

namespace launch::cli {

/// The differences between two texts by line: "--- OLD_NAME", "+++ NEW_NAME", then "-" and "+" lines, each
/// group preceded by one unchanged line. For files of a few hundred lines.
std::string line_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                      std::string_view new_name);

}  // namespace launch::cli
