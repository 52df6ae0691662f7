#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace launch::net {

/// Names and values in order of arrival. Names in responses are in lower case.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The value of the last header of that name (lower case).
std::optional<std::string> find_header(const Headers& headers, std::string_view name);

/// The ETag if it is strong (RFC 9110, 8.8.1): equal tags mean equal bytes.
std::optional<std::string> strong_etag(const Headers& headers);

}  // namespace launch::net
