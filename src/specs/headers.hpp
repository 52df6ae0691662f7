#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace launch::specs {

struct Header {
  std::string name;   ///< lower case
  std::string value;  ///< trimmed; further lines of a folded value follow a "\n", without their indentation
};

/// The headers of METADATA and WHEEL files (RFC 822, as core metadata uses it), up to the first empty line.
/// Lines that are neither "Name: value" nor indented are skipped.
std::vector<Header> parse_headers(std::string_view text);

}  // namespace launch::specs
