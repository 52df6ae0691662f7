#pragma once

#include <span>
#include <vector>

#include "net/http.hpp"

namespace launch::index {

/// As HttpClient::fetch_all, and file:// URLs are answered from this machine's disk (200, or 206 with a
/// range).
std::vector<Result<net::HttpResponse>> fetch_with_files(net::HttpClient& http,
                                                        std::span<const net::HttpRequest> requests);

}  // namespace launch::index
