#pragma once

#include <span>
#include <vector>

#include "net/http.hpp"

namespace launch::index {

/// Like HttpClient::fetch_all, but file:// URLs are read from this machine's disk (200, or 206 for a range).
std::vector<Result<net::HttpResponse>> fetch_with_files(net::HttpClient& http,
                                                        std::span<const net::HttpRequest> requests);

}  // namespace launch::index
