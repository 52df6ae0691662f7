#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace launch::net {

/// The part of a body that a request wants. `size` 0: the range cannot be satisfied (416).
struct WantedPart {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Reads a Range header for a body of `size` bytes (RFC 9110, 14.1.2). nullopt: send everything, because the
/// header asks for several parts, or is malformed, which a server must ignore.
std::optional<WantedPart> parse_range(std::string_view header, std::uint64_t size);

}  // namespace launch::net
