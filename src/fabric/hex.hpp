#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace launch::fabric {

/// A hexadecimal number that is the whole text, with "0x" before it or not.
inline std::optional<std::uint32_t> hex_number(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace launch::fabric
