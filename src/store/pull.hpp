#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "net/http.hpp"
#include "registry/session.hpp"
#include "specs/platform.hpp"
#include "store/store.hpp"

namespace launch::store {

inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kConfigName = "config.json";
inline constexpr std::string_view kLayerName = "layer.tar.gz";

/// An image of one platform in the store.
struct PulledImage {
  Digest digest;  ///< of the manifest
  std::string manifest;
  std::string config;
  /// From the bottom, compressed as the registry has them. Those that were there are not hashed again, since
  /// whoever is given the image does that.
  std::vector<std::filesystem::path> layers;

  friend bool operator==(const PulledImage&, const PulledImage&) = default;
};

/// The same of an image that the store has, without asking any registry; nullopt if a file is missing.
/// Errors (environment): a file is damaged, or no manifest of an image with that platform.
Result<std::optional<PulledImage>> find_pulled(const Store& store, const Digest& digest,
                                               const specs::Platform& platform, std::string_view shown);

/// Pulls an image into the store, each file by its digest: `digest` is that of an index or of a manifest,
/// `place` and `access` say where and as whom. What the store has is not asked for, so that a second pull
/// needs no network; an interrupted download is resumed. Errors (environment): those of fetch; the image has
/// no such platform; its manifest is invalid. `shown` names the image.
Result<PulledImage> pull(const Store& store, const registry::Place& place, const registry::Access& access,
                         const Digest& digest, const specs::Platform& platform, std::string_view shown,
                         net::HttpClient& http, const Work& work);

}  // namespace launch::store
