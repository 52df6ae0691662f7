#include <fmt/format.h>

#include "net/download.hpp"
#include "net/fetch.hpp"

namespace launch::net {
namespace {

Error offline_error(const std::string& url) {
  return world_error(fmt::format("cannot fetch {}: offline", redact(url)))
      .hint("run the command once without --offline, so that the answer is kept");
}

class CurlHttpClient final : public HttpClient {
 public:
  CurlHttpClient(HttpOptions options, const Environment& environment, Clock& clock)
      : shared_(std::move(options), environment, clock) {}

  Result<HttpResponse> fetch(const HttpRequest& request) override {
    return std::move(fetch_all({&request, 1}).front());
  }

  std::vector<Result<HttpResponse>> fetch_all(std::span<const HttpRequest> requests) override {
    return exchange_all(shared_, requests);
  }

  std::vector<Result<DownloadResult>> download(std::span<const DownloadRequest> requests,
                                               const DownloadProgress& progress,
                                               std::stop_token stop) override {
    if (!shared_.options.offline) return download_all(shared_, requests, progress, stop);
    std::vector<Result<DownloadResult>> out;
    for (const auto& request : requests) out.push_back(fail(offline_error(request.url)));
    return out;
  }

 private:
  Shared shared_;
};

}  // namespace

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  for (auto it = headers.rbegin(); it != headers.rend(); ++it) {
    if (it->first == name) return it->second;
  }
  return std::nullopt;
}

std::unique_ptr<HttpClient> make_http_client(HttpOptions options, const Environment& environment,
                                             Clock& clock) {
  return std::make_unique<CurlHttpClient>(std::move(options), environment, clock);
}

}  // namespace launch::net
