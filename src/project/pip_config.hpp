#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace launch::project {

/// The options of a pip.conf for `pip install`: names in lower case with "-"; [install] overrides [global].
using PipOptions = std::map<std::string, std::string, std::less<>>;

/// Parses a pip.conf like Python's configparser (RFC 822 continuation lines, "=" or ":", whole-line
/// comments); ignores other lines.
PipOptions parse_pip_config(std::string_view text);

/// The words of a list option such as find-links, possibly on several lines.
std::vector<std::string> pip_words(std::string_view value);

}  // namespace launch::project
