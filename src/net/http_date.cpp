#include "net/http_date.hpp"

#include <algorithm>
#include <string>

#include <curl/curl.h>

namespace launch::net {

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
  using std::chrono::system_clock;
  const auto date = ::curl_getdate(std::string(text).c_str(), nullptr);
  if (date == -1) return std::nullopt;
  return system_clock::from_time_t(
      std::clamp(date, std::time_t{0}, system_clock::to_time_t(system_clock::time_point::max())));
}

}  // namespace launch::net
