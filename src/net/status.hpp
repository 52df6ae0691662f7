#pragma once

#include <string>
#include <string_view>

namespace launch::net {

/// What the user can do about an unexpected answer.
struct StatusHints {
  std::string_view refused;       ///< 401, 403, 407: the server refuses this user
  std::string_view missing;       ///< 404 and the other 4xx
  std::string_view rate_limited;  ///< 429, after "the … limits the request rate"
  std::string_view server_error;  ///< anything else, after "the … returned a server error"
};

/// In the message of an error of HttpClient: what answered a TLS handshake does not speak TLS.
inline constexpr std::string_view kNoTls = "the server does not answer in TLS";

/// The same: its certificate is not one that is trusted.
inline constexpr std::string_view kUntrusted = "its certificate is not trusted";

/// True for a status by which a server says that it will not give a file out: 403, 404 and 410.
bool is_refusal(int status);

/// The hint for a status; `server` names what answered, "index" or "registry".
std::string status_hint(int status, std::string_view server, const StatusHints& hints);

}  // namespace launch::net
