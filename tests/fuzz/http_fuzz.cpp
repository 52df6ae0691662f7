#include "fuzz/fuzz.hpp"
#include "index/range_answer.hpp"
#include "net/content_range.hpp"
#include "net/freshness.hpp"
#include "net/retry.hpp"
#include "net/segment_transfer.hpp"
#include "pytorch/claimed_digest.hpp"
#include "registry/bearer_challenge.hpp"

namespace launch::fuzz {
namespace {

void check_range(const net::Headers& headers) {
  const auto text = net::find_header(headers, "content-range");
  const auto range = text ? net::parse_content_range(*text) : std::nullopt;
  if (!range || !range->range) return;
  require(range->range->first <= range->range->last, "a range is not empty", *text);
  require(!range->size || range->range->last < *range->size, "a range is in its file", *text);
}

void check_challenge(const net::Headers& headers) {
  const auto text = net::find_header(headers, "www-authenticate");
  const auto challenge = text ? registry::parse_bearer_challenge(*text) : std::nullopt;
  if (!challenge) return;
  require(challenge->realm.is_http(), "a realm is a server", *text);
}

void check_cache(const net::HttpResponse& response, const net::HttpResponse& renewed) {
  using Time = std::chrono::system_clock::time_point;
  const Time now{std::chrono::hours(24 * 365 * 50)};
  (void)net::may_be_kept(response);
  for (const auto stored : {now, Time{}, now + std::chrono::hours(1)})
    (void)net::is_fresh(response, stored, now, std::chrono::minutes(10));
  (void)net::revalidation_headers(response);
  auto kept = response;
  net::renew(kept, renewed);
  require(kept.body == response.body && kept.status == response.status, "a 304 changes headers only");
  (void)net::parse_retry_after(response.header("retry-after").value_or(""), now);
}

}  // namespace

/// The headers of an answer, and those of a 304 that renews it.
void fuzz_http(std::string_view bytes) {
  const auto parts = parts_of(bytes);
  net::HttpResponse response{.status = 206, .headers = headers_of(parts.front()), .body = "abcd"};
  const net::HttpResponse renewed{.status = 304, .headers = headers_of(parts.back()), .body = {}};
  check_range(response.headers);
  check_challenge(response.headers);
  check_cache(response, renewed);
  (void)net::strong_etag(response.headers);
  (void)net::validator_of({.status = 206, .headers = response.headers});
  (void)pytorch::claimed_digest(response);
  for (const auto size : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(4)}) {
    const net::HttpRequest request{.url = *specs::Url::parse("https://pypi.example/a"), .range = {{0, 3}}};
    const auto total = index::check_partial(response, request, size);
    if (parsed(total)) require(*total >= 4, "a file is not shorter than its part");
  }
}

}  // namespace launch::fuzz
