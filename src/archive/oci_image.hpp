#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"

/// Images as values and as the JSON of the OCI image specification 1.1. The JSON is deterministic: the same
/// value is the same bytes, whose sha256 is the digest by which registries and engines know it.
namespace launch::archive {

inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kGzipLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

using Annotations = std::map<std::string, std::string>;

/// Where to find a blob.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  Annotations annotations = {};
};

/// A layer and the line of the history that made it.
struct ImageLayer {
  Descriptor blob;
  Digest diff_id;          ///< of the uncompressed tar
  std::string created_by;  ///< "torch 2.10.0"
};

/// A line of an image's history.
struct History {
  std::string created = {};  ///< RFC 3339; empty: not said
  std::string created_by = {};
  std::string comment = {};
  bool empty_layer = false;  ///< it made no layer
};

/// How a container of an image runs.
struct RunConfig {
  std::string user = {};
  std::vector<std::string> environment = {};  ///< "NAME=value"
  std::vector<std::string> entrypoint = {};
  std::vector<std::string> command = {};
  std::string folder = {};  ///< where it starts
  std::vector<std::string> volumes = {};
  std::vector<std::string> ports = {};  ///< "80/tcp"
  std::map<std::string, std::string> labels = {};
  std::string stop_signal = {};
};

/// An image for one platform.
struct Image {
  std::string os = "linux";
  std::string architecture;  ///< "amd64"
  std::string variant = {};  ///< "v8"
  std::string created = {};  ///< RFC 3339
  RunConfig run = {};
  std::vector<Descriptor> layers = {};  ///< from the bottom
  std::vector<Digest> diff_ids = {};    ///< one per layer
  std::vector<History> history = {};
  Annotations annotations = {};  ///< of the manifest

  /// Puts a layer on top. Its history says when the image was created.
  void add(const ImageLayer& layer);
};

/// The image of a manifest and its configuration, OCI's or Docker's; its layers get OCI's media types, since
/// their blobs are the same. Errors (input): not such documents; numbers of layers, diffIDs and lines of
/// history that contradict each other; layers of another kind.
Result<Image> parse_image(std::string_view manifest, std::string_view config);

/// The configuration, whose digest is the image's ID.
std::string image_config_text(const Image& image);

/// The manifest, which names the configuration by its digest.
std::string image_manifest_text(const Image& image);

/// A manifest of an index.
struct IndexEntry {
  Descriptor manifest;
  std::string os;  ///< empty: no platform
  std::string architecture;
  std::string variant = {};
};

/// An image index: one image for several platforms, or the index.json of a layout.
std::string image_index_text(std::span<const IndexEntry> entries, const Annotations& annotations = {});

/// The file oci-layout of a folder that holds images.
std::string oci_layout_text();
/// The file manifest.json of an archive as docker saves it, for engines that do not know OCI's layout. Its
/// paths are those of that layout, so that one archive can be both.
std::string docker_archive_text(const Digest& config, std::span<const Descriptor> layers);
/// The path of a blob below such a folder.
std::string blob_path(const Digest& digest);

}  // namespace launch::archive
