#include "pytorch/both_hosts.hpp"

#include <utility>

#include <fmt/format.h>

#include "pytorch/channel.hpp"

namespace launch::pytorch {
namespace {

/// The requests that failed and that the channel's other host may answer, with their positions.
template <class Request, class Failed>
std::pair<std::vector<Request>, std::vector<std::size_t>> for_other_host(std::span<const Request> requests,
                                                                         Failed&& failed) {
  std::vector<Request> moved;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!failed(i)) continue;
    const auto url = on_other_host(requests[i].url);
    if (!url) continue;
    moved.push_back(requests[i]);
    moved.back().url = *url;
    places.push_back(i);
  }
  return {std::move(moved), std::move(places)};
}

bool refuses(const Result<net::HttpResponse>& response) {
  constexpr int kForbidden = 403;
  constexpr int kServerFailed = 500;
  return !response || response->status == kForbidden || response->status >= kServerFailed;
}

Error both_failed(const Error& one, const Error& other) {
  if (one.message() == other.message()) return one;  // not the hosts' failure: a full disk
  auto error = environment_error(
      fmt::format("{}; the channel's other host failed as well: {}", one.message(), other.message()));
  for (const auto& hint : one.hints()) error.hint(hint);
  return std::move(error).hint(
      "try again later; if the file was withdrawn, take it from a wheel store or a wheel house that has it, "
      "or from a mirror (LAUNCH_CHANNEL_URL)");
}

}  // namespace

Result<net::HttpResponse> BothHosts::fetch(const net::HttpRequest& request) {
  return std::move(fetch_all({&request, 1}).front());
}

std::vector<Result<net::HttpResponse>> BothHosts::fetch_all(std::span<const net::HttpRequest> requests) {
  auto responses = http_->fetch_all(requests);
  const auto [again, places] = for_other_host(requests, [&](std::size_t i) { return refuses(responses[i]); });
  if (again.empty()) return responses;
  auto answers = http_->fetch_all(again);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!refuses(answers[i])) responses[places[i]] = std::move(answers[i]);
  }
  return responses;
}

std::vector<Result<net::DownloadResult>> BothHosts::download(std::span<const net::DownloadRequest> requests,
                                                             std::string_view what, Reporter& reporter,
                                                             std::stop_token stop) {
  auto results = http_->download(requests, what, reporter, stop);
  const auto [again, places] = for_other_host(requests, [&](std::size_t i) { return !results[i]; });
  if (again.empty() || stop.stop_requested()) return results;
  auto others = http_->download(again, what, reporter, stop);
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& result = results[places[i]];
    if (!others[i]) others[i] = fail(both_failed(result.error(), others[i].error()));
    result = std::move(others[i]);
  }
  return results;
}

}  // namespace launch::pytorch
