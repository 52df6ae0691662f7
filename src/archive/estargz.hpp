#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "archive/tar_header.hpp"
#include "base/digest.hpp"

/// The parts of eStargz (stargz-snapshotter, docs/estargz.md), by which runtimes read single files of a layer
/// that is still in its registry.
namespace launch::archive {

/// A file at the start of a layer, which says that nothing is to be read ahead.
inline constexpr std::string_view kNoPrefetch = ".no.prefetch.landmark";
inline constexpr std::string_view kLandmark = "\x0f";
/// The last file of the tar.
inline constexpr std::string_view kTocName = "stargz.index.json";
/// The annotation of a layer's descriptor: the digest of its table of contents.
inline constexpr std::string_view kTocAnnotation = "containerd.io/snapshot/stargz/toc.digest";
/// The same of podman, which cannot measure what it has not read: bytes of the tar.
inline constexpr std::string_view kTarSizeAnnotation = "io.containers.estargz.uncompressed-size";

/// A member of the tar.
struct TocEntry {
  TarMember member;
  std::uint64_t offset = 0;           ///< of the gzip member of its content; 0 if it has none
  std::optional<Digest> digest = {};  ///< of its content; nullopt for folders
};

/// The table of contents: JSON with one entry per file, each a single chunk.
std::string toc_text(std::span<const TocEntry> entries);

/// The last 51 bytes of a layer, which say where the gzip member of the table of contents begins.
std::string toc_footer(std::uint64_t toc_offset);

}  // namespace launch::archive
