#include "net/url.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "net/http.hpp"

namespace launch::net {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_secret(std::string_view parameter) {
  const auto name = to_lower(percent_decoded(parameter));
  constexpr std::array<std::string_view, 5> kWhole = {"sig", "key", "auth", "policy", "jwt"};
  constexpr std::array<std::string_view, 9> kPart = {
      "signature", "token", "secret", "passw", "credential", "apikey", "api_key", "access_key", "accesskey"};
  return std::ranges::find(kWhole, name) != kWhole.end() ||
         std::ranges::any_of(kPart,
                             [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

std::string without_secrets(std::string_view query) {
  std::string out;
  for (const auto parameter : split(query, '&')) {
    if (!out.empty()) out += '&';
    const auto equals = parameter.find('=');
    const bool secret = equals != std::string_view::npos && is_secret(parameter.substr(0, equals));
    out += secret ? std::string(parameter.substr(0, equals + 1)) + "***" : std::string(parameter);
  }
  return out;
}

}  // namespace

std::optional<UrlParts> split_url(std::string_view url) {
  if (std::ranges::any_of(url, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; })) {
    return std::nullopt;
  }
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  UrlParts parts;
  parts.scheme = to_lower(url.substr(0, colon));
  if (parts.scheme != "http" && parts.scheme != "https") return std::nullopt;
  url.remove_prefix(colon + 3);
  url = url.substr(0, url.find('#'));

  const auto end = std::min(url.find_first_of("/?"), url.size());
  auto authority = url.substr(0, end);
  parts.rest = url.substr(end);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    const auto userinfo = authority.substr(0, at);
    const auto split_at = userinfo.find(':');
    parts.user = percent_decoded(userinfo.substr(0, split_at));
    if (split_at != std::string_view::npos) parts.password = percent_decoded(userinfo.substr(split_at + 1));
    authority.remove_prefix(at + 1);
  }
  if (authority.empty()) return std::nullopt;
  parts.authority = to_lower(authority);
  return parts;
}

std::string redact(std::string_view url) {
  std::string out;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    out = url.substr(0, scheme + 3);
    url.remove_prefix(scheme + 3);
    const auto authority = url.substr(0, std::min(url.find_first_of("/?#"), url.size()));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  }
  const auto question = url.find('?');
  if (question == std::string_view::npos) return printable(out.append(url));
  const auto fragment = std::min(url.find('#', question), url.size());
  out.append(url.substr(0, question + 1));
  out += without_secrets(url.substr(question + 1, fragment - question - 1));
  return printable(out.append(url.substr(fragment)));
}

}  // namespace launch::net
