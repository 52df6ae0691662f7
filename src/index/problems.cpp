#include "index/problems.hpp"

#include <fmt/format.h>

#include "net/status.hpp"

namespace launch::index {

Error as_environment_error(const Error& error) {
  auto result = environment_error(error.message());
  for (const auto& step : error.steps()) result.during(step);
  for (const auto& hint : error.hints()) result.hint(hint);
  return result;
}

Error damaged_zip(const Error& error, const specs::Url& url) {
  return as_environment_error(error)
      .as(ErrorKind::unusable)
      .during(fmt::format("reading the zip {}", url))
      .hint("the file was damaged on the server or in transit; try again, or use another mirror");
}

Error replaced_meanwhile(const specs::Url& url) {
  return environment_error(fmt::format("{} was replaced on its server while it was being read", url))
      .hint("try again");
}

Error unexpected_status(const specs::Url& url, int status, std::string_view expected) {
  constexpr net::StatusHints kHints = {
      .refused =
          "the server refused access: check the credentials (netrc, proxy), and whether the file was "
          "withdrawn",
      .missing = "the file is no longer on the index; lock again, or use a mirror that has it",
      .rate_limited = "try again later, or use another mirror",
      .server_error = "try again later, or use another mirror",
  };
  return Error(net::is_refusal(status) ? ErrorKind::unusable : ErrorKind::environment,
               fmt::format("{} returned {}, expected {}", url, status, expected))
      .hint(net::status_hint(status, "server", kHints));
}

}  // namespace launch::index
