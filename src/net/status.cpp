#include "net/status.hpp"

#include <fmt/format.h>

namespace launch::net {

bool is_refusal(int status) {
  return status == 403 || status == 404 || status == 410;
}

std::string status_hint(int status, std::string_view server, const StatusHints& hints) {
  constexpr int kServerError = 500;
  switch (status) {
    case 401:
    case 403:
    case 407:
      return std::string(hints.refused);
    case 429:
      return fmt::format("the {} limits the request rate; {}", server, hints.rate_limited);
    default:
      break;
  }
  constexpr int kClientError = 400;
  if (status >= kClientError && status < kServerError) return std::string(hints.missing);
  return fmt::format("the {} returned {}; {}", server,
                     status < kClientError ? "an unexpected answer" : "a server error", hints.server_error);
}

}  // namespace launch::net
