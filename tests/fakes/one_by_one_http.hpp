#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "net/http.hpp"

namespace launch::fakes {

/// Base of clients that only define how to answer one request: many are answered one after another, and
/// downloads are not supported.
class OneByOneHttp : public net::HttpClient {
 public:
  std::vector<Result<net::HttpResponse>> fetch_all(std::span<const net::HttpRequest> requests) override {
    std::vector<Result<net::HttpResponse>> responses;
    for (const auto& request : requests) responses.push_back(fetch(request));
    return responses;
  }
  std::vector<Result<net::DownloadResult>> download(std::span<const net::DownloadRequest> requests,
                                                    std::string_view /*what*/, Reporter& /*reporter*/,
                                                    std::stop_token /*stop*/ = {}) override {
    return {requests.size(), launch::fail(environment_error("nothing can be downloaded here"))};
  }
};

}  // namespace launch::fakes
