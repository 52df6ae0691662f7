#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/files.hpp"
#include "fakes/one_by_one_http.hpp"
#include "fakes/urls.hpp"
#include "net/http.hpp"

namespace launch::fakes {

/// The answer of one URL of a MemoryHttp.
struct MemoryAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< names in lower case
  std::string body = {};
  bool ranges = true;  ///< false: a range request is answered 200 with everything
};

/// A web of URLs in memory, without sockets or threads, that records every request. Unknown URLs are a 404;
/// users and passwords are ignored.
class MemoryHttp final : public OneByOneHttp {
 public:
  using Handler = std::function<Result<MemoryAnswer>(const net::HttpRequest&)>;

  void put(const std::string& url, std::string body, const std::string& content_type = "text/html") {
    put(url, MemoryAnswer{.headers = {{"content-type", content_type}}, .body = std::move(body)});
  }
  void put(const std::string& url, MemoryAnswer answer) {
    on(url, [answer = std::move(answer)](const net::HttpRequest&) { return answer; });
  }
  /// Requests to this URL fail before there is a response.
  void break_off(const std::string& url, Error error) {
    on(url, [error = std::move(error)](const net::HttpRequest&) -> Result<MemoryAnswer> {
      return launch::fail(error);
    });
  }
  void on(const std::string& url, Handler handler) {
    const std::lock_guard guard(mutex_);
    handlers_[fakes::url(url).without_credentials()] = std::move(handler);
  }
  void remove(const std::string& url) {
    const std::lock_guard guard(mutex_);
    handlers_.erase(fakes::url(url).without_credentials());
  }

  /// All requests so far, in order.
  std::vector<net::HttpRequest> requests() const {
    const std::lock_guard guard(mutex_);
    return requests_;
  }
  /// "GET URL" and, for a range, " FIRST-LAST"; one per request.
  std::vector<std::string> log() const {
    std::vector<std::string> lines;
    for (const auto& request : requests()) {
      lines.push_back(fmt::format("{} {}", net::name_of(request.method), request.url.with_secrets()));
      if (request.range) lines.back() += fmt::format(" {}-{}", request.range->first, request.range->last);
    }
    return lines;
  }
  void forget_requests() {
    const std::lock_guard guard(mutex_);
    requests_.clear();
    sent_ = 0;
  }
  /// Total bytes of all bodies returned.
  std::uint64_t bytes_sent() const {
    const std::lock_guard guard(mutex_);
    return sent_;
  }

  Result<net::HttpResponse> fetch(const net::HttpRequest& request) override {
    auto answer = answer_to(request);
    if (!answer) return launch::fail(std::move(answer.error()));
    net::HttpResponse response = to_response(std::move(*answer), request);
    if (response.body.size() > request.most && !request.range) {
      return launch::fail(
          environment_error(fmt::format("{} answers with more than {} bytes", request.url, request.most)));
    }
    response.too_long = response.body.size() > request.most;
    if (response.too_long) response.body.clear();
    const std::lock_guard guard(mutex_);
    sent_ += response.body.size();
    return response;
  }

  std::vector<Result<net::DownloadResult>> download(std::span<const net::DownloadRequest> requests,
                                                    std::string_view what, Reporter& reporter,
                                                    std::stop_token /*stop*/ = {}) override {
    std::vector<Result<net::DownloadResult>> results;
    for (const auto& request : requests) {
      results.push_back(download_one(request));
      if (results.back()) reporter.progress(what, results.back()->size, results.back()->size);
    }
    return results;
  }

 private:
  Result<MemoryAnswer> answer_to(const net::HttpRequest& request) {
    Handler handler;
    {
      const std::lock_guard guard(mutex_);
      requests_.push_back(request);
      const auto found = handlers_.find(request.url.without_credentials());
      if (found == handlers_.end()) return MemoryAnswer{.status = 404, .body = "not found"};
      handler = found->second;
    }
    return handler(request);
  }

  static net::HttpResponse to_response(MemoryAnswer answer, const net::HttpRequest& request) {
    net::HttpResponse response{answer.status, std::move(answer.headers), std::move(answer.body), request.url};
    const std::uint64_t size = response.body.size();
    if (request.method == net::Method::head) {
      response.headers.emplace_back("content-length", std::to_string(size));
      response.body.clear();
    } else if (response.status == 200 && request.range && answer.ranges) {
      cut(response, *request.range);
    }
    return response;
  }

  static void cut(net::HttpResponse& response, net::ByteRange range) {
    const std::uint64_t size = response.body.size();
    if (range.first >= size) {
      response.status = 416;
      response.headers.emplace_back("content-range", fmt::format("bytes */{}", size));
      response.body.clear();
      return;
    }
    const auto last = std::min(range.last, size - 1);
    response.status = 206;
    response.headers.emplace_back("content-range", fmt::format("bytes {}-{}/{}", range.first, last, size));
    response.body = response.body.substr(range.first, last - range.first + 1);
  }

  Result<net::DownloadResult> download_one(const net::DownloadRequest& request) {
    auto response = fetch({.url = request.url, .headers = request.headers, .most = ~std::uint64_t{0}});
    if (!response) return launch::fail(std::move(response.error()));
    if (!response->ok()) {
      return launch::fail(environment_error(fmt::format("{} returned {}", request.url, response->status)));
    }
    const auto& body = response->body;
    const auto digest = Digest::of(body);
    if (request.size && *request.size != body.size()) {
      return launch::fail(environment_error(
          fmt::format("{} has {} bytes, expected {}", request.url, body.size(), *request.size)));
    }
    if (request.sha256 && *request.sha256 != digest) {
      return launch::fail(environment_error(fmt::format("{} has the sha256 {}, expected {}", request.url,
                                                        digest.hex(), request.sha256->hex())));
    }
    if (auto written = write_file(request.destination, body); !written) {
      return launch::fail(std::move(written.error()));
    }
    return net::DownloadResult{body.size(), digest, body.size(),
                               net::strong_etag(response->headers).value_or("")};
  }

  mutable std::mutex mutex_;
  std::map<specs::Url, Handler> handlers_;
  std::vector<net::HttpRequest> requests_;
  std::uint64_t sent_ = 0;
};

}  // namespace launch::fakes
