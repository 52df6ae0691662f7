#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

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

/// Sums of a file's content.
struct FileSums {
  Digest sha256;
  std::uint32_t crc32 = 0;
};

/// Reads a file once; `take` gets its content, too, a piece at a time. Errors (environment): those of
/// SteadyFile::read_all.
Result<FileSums> sums_of(const SteadyFile& file, const std::function<void(std::string_view)>& take);

/// The files of a layer and what is known of their content, in the same order.
struct LayerSources {
  std::span<const SteadyFile> files;
  std::span<const FileSums> sums;
};

/// A gzip-compressed tar of these members in their order, whose sources are stored uncompressed, so that it
/// depends on no compressor. The size of a member with a source is that of its source. Reads none of them.
/// The wheels of the plan are the sources.
LayerPlan plan_file_layer(std::span<const LayerMember> members, const LayerSources& sources);

/// What is known of such a layer once its content was read.
struct FileLayerFacts {
  Digest layer;
  Digest tar;                  ///< its diffID
  std::uint64_t size = 0;      ///< bytes of the layer
  std::uint64_t tar_size = 0;  ///< bytes of the tar
};

/// Reads each source once. Errors (environment): those of SteadyFile::read_all.
Result<FileLayerFacts> digest_file_layer(std::span<const LayerMember> members, const LayerSources& sources);

/// Layers that differ have different ones. Reads nothing.
Digest file_layer_key(std::span<const LayerMember> members, const LayerSources& sources);

/// Copies bytes of such a layer from an offset; returns how many, less than the buffer has only at its end.
/// Errors (environment): those of SteadyFile::read.
Result<std::size_t> read_file_layer(const LayerPlan& plan, std::span<const SteadyFile> sources,
                                    std::uint64_t offset, std::span<char> buffer);

}  // namespace launch::archive
