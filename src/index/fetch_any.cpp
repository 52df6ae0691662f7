#include "index/fetch_any.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "index/channel.hpp"
#include "index/url.hpp"

namespace launch::index {
namespace {

Result<std::string> read_part(int fd, const std::filesystem::path& path, std::uint64_t offset,
                              std::uint64_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count =
        ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(io_error("read", path, errno));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

Result<net::HttpResponse> answer_from_disk(const net::HttpRequest& request) {
  const auto path = local_path(request.url);
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(io_error("read", path, errno));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail(io_error("read", path, errno));
  if (!S_ISREG(info.st_mode))
    return fail(world_error(fmt::format("cannot read {}: not a file", path.string())));
  const auto size = static_cast<std::uint64_t>(info.st_size);
  net::HttpResponse response;
  response.url = request.url;
  response.status = request.range ? 206 : 200;
  std::uint64_t first = 0;
  std::uint64_t end = size;
  if (request.range) {
    first = request.range->first;
    end = std::min(size, request.range->last + 1);
    if (first >= size) {
      response.status = 416;
      response.headers.emplace_back("content-range", fmt::format("bytes */{}", size));
      return response;
    }
    response.headers.emplace_back("content-range", fmt::format("bytes {}-{}/{}", first, end - 1, size));
  }
  if (end - first > request.most) {
    return fail(world_error(fmt::format("{} has {}, more than the {} that are read of such a file",
                                        path.string(), human_bytes(end - first), human_bytes(request.most))));
  }
  TRY_ASSIGN(response.body, read_part(fd.get(), path, first, end - first));
  return response;
}

/// The requests that failed and that the channel's other host may answer, with their places.
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

void ask_other_host(net::HttpClient& http, std::span<const net::HttpRequest> requests,
                    std::vector<Result<net::HttpResponse>>& responses) {
  const auto [again, places] = for_other_host(requests, [&](std::size_t i) { return refuses(responses[i]); });
  if (again.empty()) return;
  auto answers = http.fetch_all(again);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!refuses(answers[i])) responses[places[i]] = std::move(answers[i]);
  }
}

Error both_failed(const Error& one, const Error& other) {
  if (one.message() == other.message()) return one;  // not the hosts' failure: a full disk
  auto error = world_error(
      fmt::format("{}; the channel's other host fails as well: {}", one.message(), other.message()));
  for (const auto& hint : one.hints()) error.hint(hint);
  return std::move(error).hint(
      "try again later; if the file was withdrawn, take it from a wheel store or a wheel house that has it, "
      "or from a mirror (LAUNCH_CHANNEL_URL)");
}

}  // namespace

std::vector<Result<net::HttpResponse>> fetch_any(net::HttpClient& http,
                                                 std::span<const net::HttpRequest> requests) {
  std::vector<net::HttpRequest> remote;
  std::copy_if(requests.begin(), requests.end(), std::back_inserter(remote),
               [](const net::HttpRequest& request) { return local_path(request.url).empty(); });
  auto responses = http.fetch_all(remote);
  ask_other_host(http, remote, responses);
  std::vector<Result<net::HttpResponse>> all;
  all.reserve(requests.size());
  auto next = responses.begin();
  for (const auto& request : requests) {
    if (local_path(request.url).empty()) {
      all.push_back(std::move(*next++));
    } else {
      all.push_back(answer_from_disk(request));
    }
  }
  return all;
}

std::vector<Result<net::DownloadResult>> download_any(net::HttpClient& http,
                                                      std::span<const net::DownloadRequest> requests,
                                                      const net::DownloadProgress& progress,
                                                      const std::stop_token& stop) {
  auto results = http.download(requests, progress, stop);
  const auto [again, places] = for_other_host(requests, [&](std::size_t i) { return !results[i]; });
  if (again.empty() || stop.stop_requested()) return results;
  auto others = http.download(again, progress, stop);
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& result = results[places[i]];
    if (!others[i]) others[i] = fail(both_failed(result.error(), others[i].error()));
    result = std::move(others[i]);
  }
  return results;
}

std::filesystem::path local_path(std::string_view url) {
  const auto parts = split_url(url);
  if (to_lower(parts.scheme) != "file") return {};
  if (!parts.authority.empty() && parts.authority != "localhost") return {};
  return percent_decode(parts.path);
}

std::string local_url(const std::filesystem::path& path) {
  return "file://" + percent_encode_path(path.string());
}

}  // namespace launch::index
