#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "specs/url.hpp"

namespace launch::registry {

/// The authentication that a registry requires (RFC 6750, and Docker's token authentication).
struct BearerChallenge {
  specs::Url realm;  ///< the server that issues tokens
  std::string service;
};

/// Parses a WWW-Authenticate header; nullopt if it does not ask for a bearer token, or has no http(s) realm.
std::optional<BearerChallenge> parse_bearer_challenge(std::string_view header);

}  // namespace launch::registry
