#include "specs/headers.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {

std::vector<Header> parse_headers(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<Header> headers;
  bool may_continue = false;
  for (const auto line : lines(text)) {
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      if (may_continue) headers.back().value.append("\n").append(trim(line));
      continue;
    }
    const auto colon = line.find(':');
    may_continue = colon != std::string_view::npos && colon != 0 &&
                   std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                               [](char c) { return is_alphanumeric(c) || c == '-'; });
    if (may_continue)
      headers.push_back({to_lower(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  }
  return headers;
}

}  // namespace launch::specs
