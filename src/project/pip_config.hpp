#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace launch::project {

/// What a pip.conf says for `pip install`: option names with "-" in lower case, [install] over [global].
using PipOptions = std::map<std::string, std::string, std::less<>>;

/// Reads a pip.conf as Python's configparser does (RFC 822 continuation lines, "=" or ":", whole-line
/// comments); what is neither is passed over.
PipOptions parse_pip_config(std::string_view text);

/// The words of a list option such as find-links, which may stand on several lines.
std::vector<std::string> pip_words(std::string_view value);

}  // namespace launch::project
