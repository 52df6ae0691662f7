#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/layer.hpp"
#include "archive/tar_header.hpp"
#include "base/digest.hpp"

namespace launch::archive {

/// A member of a layer with its content.
struct LayerMember {
  TarMember member;
  std::string content = {};
  std::optional<std::size_t> source = {};  ///< which source is its content, instead of `content`
};

/// A layer of given files.
struct FileLayer {
  LayerPlan plan;  ///< its wheels are the sources
  Digest layer;
  Digest tar;  ///< its diffID
};

/// A gzip-compressed tar of these members in their order, whose sources are stored uncompressed, so that it
/// depends on no compressor. `sources` are the contents of files; the size of such a member is that of its
/// source.
FileLayer file_layer(std::span<const LayerMember> members, std::span<const std::string_view> sources);

}  // namespace launch::archive
