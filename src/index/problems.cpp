#include "index/problems.hpp"

#include <fmt/format.h>

#include "net/http.hpp"

namespace launch::index {

Error as_world_error(const Error& error) {
  auto result = world_error(error.message());
  for (const auto& step : error.steps()) result.during(step);
  for (const auto& hint : error.hints()) result.hint(hint);
  return result;
}

Error damaged_zip(const Error& error, std::string_view url) {
  return as_world_error(error)
      .during(fmt::format("reading the zip {}", net::redact(url)))
      .hint("the file is damaged on its server or on the way here; try again, or use another mirror");
}

Error replaced_meanwhile(std::string_view url) {
  return world_error(fmt::format("{} was replaced on its server while it was being read", net::redact(url)))
      .hint("try again");
}

Error unexpected_status(std::string_view url, int status, std::string_view expected) {
  auto error = world_error(fmt::format("{} answers {}, expected {}", net::redact(url), status, expected));
  if (status == 404 || status == 410) {
    error.hint("it is gone from the index; lock again, or take it from a mirror or the wheel store");
  } else if (status == 401 || status == 403 || status == 407) {
    error.hint("the server refuses it: check the credentials (netrc, proxy), or whether it was withdrawn");
  } else {
    error.hint("the server is not well; try again later, or use another mirror");
  }
  return error;
}

}  // namespace launch::index
