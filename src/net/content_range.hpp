#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http.hpp"

namespace launch::net {

/// "bytes 0-99/1234", "bytes 0-99/*" and "bytes */1234" (RFC 9110, 14.4).
struct ContentRange {
  std::optional<ByteRange> range;
  std::optional<std::uint64_t> size;  ///< of the whole file
};
/// nullopt for anything else, or for a range outside a file of that size.
std::optional<ContentRange> parse_content_range(std::string_view text);

}  // namespace launch::net
