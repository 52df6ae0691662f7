#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace launch::project {

/// A time like "2025-01-25T11:30:10.16Z" in a canonical spelling (no trailing zeros in the seconds, "Z"),
/// which is also valid TOML; nullopt if it is not a UTC time in the format of RFC 3339.
std::optional<std::string> utc_time(std::string_view text);

}  // namespace launch::project
