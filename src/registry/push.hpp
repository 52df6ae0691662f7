#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "net/body_source.hpp"
#include "net/http.hpp"
#include "registry/session.hpp"

namespace launch::registry {

/// A layer or a configuration.
struct PushBlob {
  std::string name;  ///< for messages: "the layer of torch 2.10.0"
  Digest digest;
  net::Body content;
  std::vector<std::string> mount_from = {};  ///< repositories of the registry that may have it
};

struct PushManifest {
  std::string media_type;
  std::string text;
};

/// An image, or an index of the images of several platforms.
struct PushRequest {
  Place place;
  Access access = {};
  std::vector<PushBlob> blobs;               ///< of all images; each digest once
  std::vector<PushManifest> manifests = {};  ///< of an index's images
  PushManifest top;                          ///< the image's manifest, or the index
  std::string tag = {};                      ///< of `top`; empty: it is pushed by its digest
};

struct PushOptions {
  std::uint64_t chunk = std::uint64_t{64} << 20;  ///< bytes per request; smaller blobs are sent in one
  std::size_t parallel = 4;                       ///< blobs at the same time
  int tries = 5;                                  ///< in a row without progress, for each blob
  std::chrono::milliseconds retry_base{500};      ///< first wait between tries; doubles
};

struct Pushed {
  Digest digest;            ///< of `top`
  std::size_t present = 0;  ///< blobs that the registry had
  std::size_t mounted = 0;  ///< from other repositories
  std::size_t sent = 0;
  std::uint64_t sent_bytes = 0;  ///< of blobs, without what was sent twice
};

/// Pushes an image without an engine (OCI distribution specification 1.1). Blobs that the registry has are
/// not sent; an upload that was cut is resumed where the registry says. Manifests are pushed when all blobs
/// are there, and `top` last, so that a failure or a stop leaves the tag as it was. Errors (environment): the
/// registry does not answer, refuses, or stored other bytes; a body cannot be read; a stop.
Result<Pushed> push(const PushRequest& request, net::HttpClient& http, const Work& work,
                    const PushOptions& options = {});

}  // namespace launch::registry
