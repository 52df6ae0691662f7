#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace launch::net {

/// An http or https URL in the parts that matter here (RFC 3986, 3).
struct UrlParts {
  std::string scheme;  ///< "http" or "https"
  std::string user;    ///< percent-decoded
  std::string password;
  std::string authority;  ///< host and port, lower case
  std::string rest;       ///< path and query, without the fragment

  std::string origin() const { return scheme + "://" + authority; }
  std::string text() const { return origin() + rest; }
  bool has_credentials() const { return !user.empty() || !password.empty(); }
};

/// Nothing when it is not an http or https URL with a host, or has white space or control characters in it.
std::optional<UrlParts> split_url(std::string_view url);

}  // namespace launch::net
