#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace launch::net {

/// Names and values, in the order in which they came. Those of responses have names in lower case.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The last header of that name (lower case).
std::optional<std::string> find_header(const Headers& headers, std::string_view name);

/// The ETag, if it is a strong one (RFC 9110, 8.8.1): equal ones mean equal bytes.
std::optional<std::string> strong_etag(const Headers& headers);

}  // namespace launch::net
