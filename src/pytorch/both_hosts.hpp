#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "net/http.hpp"

namespace launch::pytorch {

/// A client that retries what one host of the PyTorch channel refuses (403) or fails to deliver on the
/// channel's other host. If that fails too, the result is the first host's answer; for a download, the
/// message names both. Other URLs are fetched by `http` unchanged.
class BothHosts final : public net::HttpClient {
 public:
  explicit BothHosts(std::unique_ptr<net::HttpClient> http) : owned_(std::move(http)), http_(owned_.get()) {}
  /// `http` must outlive the object.
  explicit BothHosts(net::HttpClient& http) : http_(&http) {}

  Result<net::HttpResponse> fetch(const net::HttpRequest& request) override;
  std::vector<Result<net::HttpResponse>> fetch_all(std::span<const net::HttpRequest> requests) override;
  std::vector<Result<net::DownloadResult>> download(std::span<const net::DownloadRequest> requests,
                                                    std::string_view what, Reporter& reporter,
                                                    std::stop_token stop) override;

 private:
  std::unique_ptr<net::HttpClient> owned_;
  net::HttpClient* http_;
};

}  // namespace launch::pytorch
