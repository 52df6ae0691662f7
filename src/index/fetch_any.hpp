#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

namespace launch::index {

/// As HttpClient::fetch_all, and file:// URLs are answered from this machine's disk (200, or 206 with a
/// range).
std::vector<Result<net::HttpResponse>> fetch_any(net::HttpClient& http,
                                                 std::span<const net::HttpRequest> requests);

/// "file:///a/b%2Bc" → /a/b+c; empty for other URLs.
std::filesystem::path local_path(std::string_view url);
/// The other way round, for an absolute path.
std::string local_url(const std::filesystem::path& path);

}  // namespace launch::index
