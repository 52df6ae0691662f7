#include "net/range_request.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace launch::net {

std::optional<WantedPart> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (to_lower(header.substr(0, kUnit.size())) != kUnit) return std::nullopt;
  const auto text = trim(header.substr(kUnit.size()));
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_u64(text.substr(0, dash));
  const auto last = parse_u64(text.substr(dash + 1));
  if (dash == 0) {  // the last bytes
    if (!last) return std::nullopt;
    const auto count = std::min(*last, size);
    return WantedPart{size - count, count};
  }
  const bool open_ended = dash + 1 == text.size();
  if (!first || (!last && !open_ended) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return WantedPart{};
  return WantedPart{*first, open_ended ? size - *first : std::min(*last, size - 1) - *first + 1};
}

}  // namespace launch::net
