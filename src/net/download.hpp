#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "net/fetch.hpp"

namespace launch::net {

/// HttpClient::download on the wire.
std::vector<Result<DownloadResult>> download_all(Session& session, std::span<const DownloadRequest> requests,
                                                 std::string_view what, Reporter& reporter,
                                                 const std::stop_token& stop);

}  // namespace launch::net
