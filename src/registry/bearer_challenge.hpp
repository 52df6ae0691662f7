#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "specs/url.hpp"

namespace launch::registry {

/// What a registry wants before it answers (RFC 6750, and Docker's token authentication).
struct BearerChallenge {
  specs::Url realm;  ///< gives tokens
  std::string service;
  std::string scope;
};

/// Reads a WWW-Authenticate header; nothing when it asks for no bearer token, or names no http(s) realm.
std::optional<BearerChallenge> parse_bearer_challenge(std::string_view header);

/// Where to ask for the token. `scope` is used when the challenge has none.
specs::Url token_url(const BearerChallenge& challenge, std::string_view scope);

}  // namespace launch::registry
