#include "pytorch/hidden_wheels.hpp"

#include <utility>

#include <fmt/format.h>

#include "index/fetch_any.hpp"
#include "index/problems.hpp"
#include "specs/url.hpp"

namespace launch::pytorch {
namespace {

std::vector<std::string> places_of(const PublishedWheel& wheel, const std::string& channel_index) {
  if (wheel.url) return {*wheel.url};
  const auto folder = channel_index.substr(0, channel_index.rfind('/'));
  const auto name = specs::percent_encode_path(wheel.file_name);
  return {fmt::format("{}/{}", channel_index, name), fmt::format("{}/{}", folder, name)};
}

/// One byte, since servers refuse HEAD more often.
net::HttpRequest probe(const std::string& url, const std::string& channel_index) {
  return {.url = specs::with_credentials_of(url, channel_index), .range = net::ByteRange{0, 0}, .most = 1};
}

Result<bool> is_there(const Result<net::HttpResponse>& response, const std::string& url) {
  if (!response) {
    const auto path = index::local_path(url);
    if (!path.empty()) return false;
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
      return fail(index::unexpected_status(url, response->status, "the file (206) or that it is gone (404)"));
  }
}

}  // namespace

Result<std::vector<HiddenWheel>> find_hidden(net::HttpClient& http, const std::string& channel_index,
                                             std::span<const PublishedWheel> wheels) {
  std::vector<net::HttpRequest> requests;
  std::vector<std::pair<std::size_t, std::string>> places;  // a wheel's place in the list, a URL
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    for (auto& url : places_of(wheels[i], channel_index)) {
      requests.push_back(probe(url, channel_index));
      places.emplace_back(i, std::move(url));
    }
  }
  const auto responses = index::fetch_any(http, requests);
  std::vector<HiddenWheel> found(wheels.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& [at, url] = places[i];
    found[at].asked.push_back(net::redact(url));
    if (found[at].url) continue;
    const auto step =
        fmt::format("looking for {}, which its index page no longer shows", wheels[at].file_name);
    TRY_ASSIGN(const bool there, during(is_there(responses[i], url), step));
    if (there) found[at].url = url;
  }
  return found;
}

}  // namespace launch::pytorch
