#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace launch::archive {

/// Compresses a text as one raw deflate stream (RFC 1951). Meant for the small parts of a layer that no wheel
/// has compressed: tar headers, tables of contents. The output is part of the layer's digest, so it must
/// never change, whatever the version of a library; another output is another layer format (kLayerVersion).
std::string small_deflate(std::string_view text);

/// Where the parts of a stream begin that stores bytes uncompressed: blocks of at most 65535 bytes, each
/// after a header of 5 bytes.
inline constexpr std::size_t kStoredBlock = 65535;
std::string stored_block_header(std::size_t size, bool last);

}  // namespace launch::archive
