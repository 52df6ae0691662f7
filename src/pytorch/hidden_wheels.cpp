#include "pytorch/hidden_wheels.hpp"

#include <utility>

#include <fmt/format.h>

#include "index/file_urls.hpp"
#include "index/problems.hpp"

namespace launch::pytorch {
namespace {

std::vector<specs::Url> places_of(const PublishedWheel& wheel, const specs::Url& channel_index) {
  if (wheel.url) return {*wheel.url};
  return {channel_index.child(wheel.file_name), channel_index.parent().child(wheel.file_name)};
}

/// Requests one byte, since servers refuse HEAD more often.
net::HttpRequest probe(const specs::Url& url) {
  return {.url = url, .range = net::ByteRange{0, 0}, .most = 1};
}

Result<bool> is_there(const Result<net::HttpResponse>& response, const specs::Url& url) {
  if (!response) {
    if (!url.local_path().empty()) return false;
    return fail(response.error());
  }
  switch (response->status) {
    case 200:
    case 206:
      return true;
    case 403:
    case 404:
    case 410:
      return false;
    default:
      return fail(
          index::unexpected_status(url, response->status, "the file (206) or that it does not exist (404)"));
  }
}

}  // namespace

Result<std::vector<HiddenWheel>> find_hidden(net::HttpClient& http, const specs::Url& channel_index,
                                             std::span<const PublishedWheel> wheels) {
  std::vector<net::HttpRequest> requests;
  std::vector<std::pair<std::size_t, specs::Url>> places;  // a wheel's place in the list, a URL
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    for (auto& url : places_of(wheels[i], channel_index)) {
      requests.push_back(probe(url));
      places.emplace_back(i, std::move(url));
    }
  }
  const auto responses = index::fetch_with_files(http, requests);
  std::vector<HiddenWheel> found(wheels.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& [at, url] = places[i];
    found[at].asked.push_back(url.without_credentials());
    if (found[at].url) continue;
    const auto step =
        fmt::format("looking for {}, which its index page no longer shows", wheels[at].file_name);
    TRY_ASSIGN(const bool there, during(is_there(responses[i], url), step));
    if (there) found[at].url = url.without_credentials();
  }
  return found;
}

}  // namespace launch::pytorch
