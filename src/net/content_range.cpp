#include "net/content_range.hpp"

#include "base/text.hpp"

namespace launch::net {

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!to_lower(text).starts_with(kUnit)) return std::nullopt;
  const auto parts = split(trim(text.substr(kUnit.size())), '/');
  if (parts.size() != 2) return std::nullopt;
  ContentRange result;
  if (parts[1] != "*") {
    result.size = parse_u64(parts[1]);
    if (!result.size) return std::nullopt;
  }
  if (parts[0] == "*") return result;
  const auto ends = split(parts[0], '-');
  if (ends.size() != 2) return std::nullopt;
  const auto first = parse_u64(ends[0]);
  const auto last = parse_u64(ends[1]);
  if (!first || !last || *last < *first || (result.size && *last >= *result.size)) return std::nullopt;
  result.range = ByteRange{*first, *last};
  return result;
}

}  // namespace launch::net
