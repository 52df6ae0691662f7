#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace launch::net {

/// A date of a header (RFC 9110, 5.6.7, and the spellings that libcurl knows). One before 1970 is 1970, and
/// one later than the clock can represent is the latest that it can. nullopt if it is not a date.
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

}  // namespace launch::net
