#include "registry/bearer_challenge.hpp"

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::registry {
namespace {

/// A quoted or unquoted value.
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
      challenge.realm = specs::Url::parse(value).value_or(specs::Url());
    } else if (name == "service") {
      challenge.service = std::move(value);
    }
  }
  return challenge.realm.is_http() ? std::optional(std::move(challenge)) : std::nullopt;
}

}  // namespace launch::registry
