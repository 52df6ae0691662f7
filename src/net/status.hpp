#pragma once

#include <string>
#include <string_view>

namespace launch::net {

/// What the user can do about an answer that is not the one that was asked for.
struct StatusHints {
  std::string_view refused;       ///< 401, 403, 407: the server does not give it to this user
  std::string_view missing;       ///< 404 and the other 4xx
  std::string_view rate_limited;  ///< 429, after "the … limits how often it is asked"
  std::string_view server_error;  ///< anything else, after "the … returned a server error"
};

/// The hint that fits the status; `server` is what answered, "index" or "registry".
std::string status_hint(int status, std::string_view server, const StatusHints& hints);

}  // namespace launch::net
