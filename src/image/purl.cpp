#include "image/purl.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "specs/scanner.hpp"

namespace launch::image {
namespace {

using specs::is_alphanumeric;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

void append_encoded(std::string& out, char c) {
  out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
}

/// Percent-encodes all but letters, digits, ".-_~" and ":" (ECMA-427, "Character encoding").
std::string encoded(std::string_view text) {
  constexpr std::string_view kKept = ".-_~:";
  std::string out;
  for (const char c : text) {
    if (is_alphanumeric(c) || kKept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

}  // namespace

std::string Purl::text() const {
  auto out = fmt::format("pkg:{}/{}", type, encoded(name));
  if (!version.empty()) out += "@" + encoded(version);
  char separator = '?';
  for (const auto& [key, value] : qualifiers) {
    if (value.empty()) continue;
    out += fmt::format("{}{}={}", separator, key, encoded(value));
    separator = '&';
  }
  return out;
}

std::string plain_url(const specs::Url& url) {
  constexpr std::string_view kAuthority = ".-_:[]";
  constexpr std::string_view kKept = "-._~:/?@!$&'()*+,;=";
  const auto authority = url.authority();
  const bool plain = std::all_of(authority.begin(), authority.end(), [&](char c) {
    return is_alphanumeric(c) || kAuthority.find(c) != std::string_view::npos;
  });
  if (!url.is_http() || !plain) return {};
  auto out = url.origin();
  const auto shown = url.text();
  const auto rest = std::string_view(shown).substr(shown.find(authority) + authority.size());
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    const bool escape = c == '%' && i + 2 < rest.size() && is_hex(rest[i + 1]) && is_hex(rest[i + 2]);
    if (escape || is_alphanumeric(c) || kKept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

}  // namespace launch::image
