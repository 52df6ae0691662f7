#include "registry/bearer_challenge.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"
#include "specs/url.hpp"

namespace launch::registry {
namespace {

/// A value in double quotes, or a bare one.
std::string take_value(specs::Scanner& scanner) {
  if (!scanner.take("\""))
    return std::string(scanner.take_while([](char c) { return c != ',' && c != ' '; }));
  std::string value;
  while (!scanner.done() && !scanner.take("\"")) {
    scanner.take("\\");
    value += scanner.peek();
    scanner.take(std::string_view(&value.back(), 1));
  }
  return value;
}

std::string query_value(std::string_view text) {
  return replace_all(specs::percent_encode_path(text), "/", "%2F");
}

}  // namespace

std::optional<BearerChallenge> parse_bearer_challenge(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (to_lower(header.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  specs::Scanner scanner(header.substr(kScheme.size()), "challenge");
  BearerChallenge challenge;
  while (!scanner.done()) {
    scanner.take_while([](char c) { return c == ' ' || c == ',' || c == '\t'; });
    const auto name = to_lower(scanner.take_while([](char c) { return specs::is_word(c) || c == '-'; }));
    if (!scanner.take("=")) break;
    auto value = take_value(scanner);
    if (name == "realm") {
      challenge.realm = std::move(value);
    } else if (name == "service") {
      challenge.service = std::move(value);
    } else if (name == "scope") {
      challenge.scope = std::move(value);
    }
  }
  const auto scheme = to_lower(specs::split_url(challenge.realm).scheme);
  if (scheme != "http" && scheme != "https") return std::nullopt;
  return challenge;
}

std::string token_url(const BearerChallenge& challenge, std::string_view scope) {
  const auto parts = specs::split_url(challenge.realm);
  auto url = fmt::format("{}{}scope={}", challenge.realm, parts.has_query ? "&" : "?",
                         query_value(challenge.scope.empty() ? scope : challenge.scope));
  if (!challenge.service.empty()) url += fmt::format("&service={}", query_value(challenge.service));
  return url;
}

}  // namespace launch::registry
