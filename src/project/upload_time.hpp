#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace launch::project {

/// "2025-01-25T11:30:10.16Z" in one spelling (no trailing zeros of the second, "Z"), which is also TOML's;
/// none for what is not a UTC time in the form of RFC 3339.
std::optional<std::string> utc_time(std::string_view text);

}  // namespace launch::project
