#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

namespace launch::index {

/// As HttpClient::fetch_all, and file:// URLs are answered from this machine's disk (200, or 206 with a
/// range). What one host of the PyTorch channel refuses (403) or fails to give is asked of the other; when
/// that does no better, the answer is the first host's.
std::vector<Result<net::HttpResponse>> fetch_any(net::HttpClient& http,
                                                 std::span<const net::HttpRequest> requests);

/// As HttpClient::download, and what cannot be had from one host of the PyTorch channel is downloaded from
/// the other. Errors (world): as there; where both hosts fail, the message says what each answered.
std::vector<Result<net::DownloadResult>> download_any(net::HttpClient& http,
                                                      std::span<const net::DownloadRequest> requests,
                                                      const net::DownloadProgress& progress = {},
                                                      const std::stop_token& stop = {});

/// "file:///a/b%2Bc" → /a/b+c; empty for other URLs.
std::filesystem::path local_path(std::string_view url);
/// The other way round, for an absolute path.
std::string local_url(const std::filesystem::path& path);

}  // namespace launch::index
