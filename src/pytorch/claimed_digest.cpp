#include "pytorch/claimed_digest.hpp"

#include "base/text.hpp"

namespace launch::pytorch {

std::optional<Digest> claimed_digest(const net::HttpResponse& response) {
  const auto header = response.header("x-amz-meta-checksum-sha256");
  return header ? Digest::of_hex(to_lower(trim(*header))) : std::nullopt;
}

}  // namespace launch::pytorch
