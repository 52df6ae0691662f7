#include "net/freshness.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "net/http_date.hpp"

namespace launch::net {
namespace {

using std::chrono::seconds;
using Time = std::chrono::system_clock::time_point;

constexpr std::uint64_t kLongest = std::uint64_t{10} * 365 * 24 * 3600;

struct CacheControl {
  bool no_store = false;
  bool no_cache = false;
  std::optional<seconds> max_age;
};

CacheControl cache_control_of(const HttpResponse& response) {
  CacheControl out;
  for (const auto& [name, value] : response.headers) {
    if (name != "cache-control") continue;
    for (const auto part : split(value, ',')) {
      const auto directive = to_lower(trim(part));
      if (directive == "no-store") out.no_store = true;
      if (directive == "no-cache" || directive.starts_with("no-cache=")) out.no_cache = true;
      constexpr std::string_view kMaxAge = "max-age=";
      if (!directive.starts_with(kMaxAge)) continue;
      const auto age = parse_u64(replace_all(directive.substr(kMaxAge.size()), "\"", ""));
      out.max_age = seconds(std::min(kLongest, age.value_or(0)));
    }
  }
  return out;
}

std::optional<Time> date_of(const HttpResponse& response, std::string_view name) {
  const auto value = response.header(name);
  if (!value) return std::nullopt;
  // "Expires: 0" and other invalid dates mean "already expired".
  return parse_http_date(*value).value_or(Time());
}

seconds lifetime_of(const HttpResponse& response, Time stored, seconds default_freshness) {
  const auto control = cache_control_of(response);
  if (control.no_cache) return seconds(0);
  if (control.max_age) return *control.max_age;
  if (const auto expires = date_of(response, "expires")) {
    return std::chrono::floor<seconds>(*expires - date_of(response, "date").value_or(stored));
  }
  return default_freshness;
}

}  // namespace

bool may_be_kept(const HttpResponse& response) {
  if (response.too_long) return false;
  constexpr std::array kStatuses = {200, 206, 404, 410};
  return std::ranges::find(kStatuses, response.status) != kStatuses.end() &&
         !cache_control_of(response).no_store && response.header("vary") != "*";
}

bool is_fresh(const HttpResponse& response, Time stored, Time now, seconds default_freshness) {
  if (!response.ok() || now < stored) return false;
  const auto age_before =
      seconds(std::min(kLongest, parse_u64(response.header("age").value_or("")).value_or(0)));
  return now - stored + age_before < lifetime_of(response, stored, default_freshness);
}

Headers revalidation_headers(const HttpResponse& response) {
  Headers out;
  if (!response.ok()) return out;
  if (auto etag = response.header("etag")) out.emplace_back("If-None-Match", *std::move(etag));
  if (auto date = response.header("last-modified")) out.emplace_back("If-Modified-Since", *std::move(date));
  return out;
}

void renew(HttpResponse& kept, const HttpResponse& not_modified) {
  const auto of_the_body = [](const std::string& name) {
    return name.starts_with("content-") || name == "transfer-encoding";
  };
  for (const auto& header : not_modified.headers) {
    if (of_the_body(header.first)) continue;
    std::erase_if(kept.headers, [&](const auto& each) { return each.first == header.first; });
  }
  for (const auto& header : not_modified.headers) {
    if (!of_the_body(header.first)) kept.headers.push_back(header);
  }
}

}  // namespace launch::net
