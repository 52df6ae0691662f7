#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/layer_tree.hpp"
#include "archive/zip.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace launch::archive {

/// The format of layers: raised whenever a change gives other bytes for the same wheels and LayerSpec, or
/// refuses wheels that were taken before.
inline constexpr int kLayerVersion = 2;

/// A part of a layer: bytes of its literals or of one of its wheels.
struct LayerSegment {
  static constexpr std::size_t kLiteral = static_cast<std::size_t>(-1);
  std::size_t wheel = kLiteral;  ///< which wheel
  std::uint64_t from = 0;        ///< offset in the literals or the wheel
  std::uint64_t size = 0;
  std::uint64_t offset = 0;  ///< in the layer
};

/// Where the bytes of a layer come from, so that any range of it can be read from the wheels without a copy.
/// The layer is a gzip-compressed tar in the eStargz format, whose files are the deflate streams of the
/// wheels; each is a gzip member of its own. It depends on no compressor.
struct LayerPlan {
  std::string literals;
  std::vector<LayerSegment> segments;  ///< one after the other, from the first byte to the last
  std::uint64_t size = 0;              ///< bytes of the layer
  std::uint64_t tar_size = 0;          ///< bytes of the tar in it
};

/// What is known of a layer once all its content was read.
struct LayerFacts {
  Digest layer;
  Digest tar;                  ///< its diffID
  Digest toc;                  ///< of the table of contents
  std::uint64_t size = 0;      ///< bytes of the layer
  std::uint64_t tar_size = 0;  ///< bytes of the tar
  std::vector<Digest> files;   ///< of those files of its tree that are entries of wheels, in their order
};

/// Called with the number of bytes that were read since the last call; false: stop.
using OnRead = std::function<bool(std::uint64_t bytes)>;

/// Reads the whole content of the wheels once, a piece at a time. Errors (input): those of layer_tree; a
/// malformed entry, an unknown compression, a CRC-32 that does not match; (environment): `on_read` said stop.
Result<LayerFacts> digest_layer(std::span<const ZipFile> wheels, const LayerSpec& spec,
                                const OnRead& on_read);

/// The layer of these wheels. `files` are those of digest_layer; no content is read but that of small files.
/// Errors (input): those of layer_tree; another number of digests.
Result<LayerPlan> plan_layer(std::span<const ZipFile> wheels, const LayerSpec& spec,
                             std::span<const Digest> files);

/// The segments of a range of a layer, cut to it. The range ends at the layer's end at the latest.
std::vector<LayerSegment> segments_of(const LayerPlan& plan, std::uint64_t offset, std::uint64_t size);

/// The bytes of a segment; `wheels` holds those of each wheel.
std::string_view bytes_of(const LayerPlan& plan, const LayerSegment& segment,
                          std::span<const std::string_view> wheels);

}  // namespace launch::archive
