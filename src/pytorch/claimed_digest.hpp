#pragma once

#include <optional>

#include "base/digest.hpp"
#include "net/http.hpp"

namespace launch::pytorch {

/// The sha256 that the channel's storage says a file has, by a header that is set when the file is uploaded
/// (x-amz-meta-checksum-sha256); nullopt if it says none. Nobody checks it, and the bytes behind
/// a nightly's name can change.
std::optional<Digest> claimed_digest(const net::HttpResponse& response);

}  // namespace launch::pytorch
