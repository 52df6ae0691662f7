#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archive/layer.hpp"
#include "archive/tar_header.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/steady_file.hpp"

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
/// depends on no compressor. The size of a member with a source is that of its source, whose content is read
/// once or twice. Errors (environment): those of SteadyFile::read_all.
Result<FileLayer> file_layer(std::span<const LayerMember> members, std::span<const SteadyFile> sources);

/// Copies bytes of such a layer from an offset; returns how many, less than the buffer has only at its end.
/// Errors (environment): those of SteadyFile::read.
Result<std::size_t> read_file_layer(const LayerPlan& plan, std::span<const SteadyFile> sources,
                                    std::uint64_t offset, std::span<char> buffer);

}  // namespace launch::archive
