#include "net/headers.hpp"

#include <algorithm>

namespace launch::net {

std::optional<std::string> find_header(const Headers& headers, std::string_view name) {
  const auto found = std::find_if(headers.rbegin(), headers.rend(),
                                  [&](const auto& header) { return header.first == name; });
  return found == headers.rend() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> strong_etag(const Headers& headers) {
  auto etag = find_header(headers, "etag");
  return etag && etag->starts_with('"') ? etag : std::nullopt;
}

}  // namespace launch::net
