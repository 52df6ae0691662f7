#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "image/build.hpp"

namespace launch::commands {

struct BuildRequest {
  std::string recipe;                      ///< name or path
  std::optional<std::string> engine = {};  ///< podman, docker or a path to one
  bool from_scratch = false;               ///< use no layer of an earlier build
  bool dockerfile = false;                 ///< the engine builds the Dockerfile
  bool run = true;                         ///< try a new image in a container
};

struct BuildDocument {
  std::string engine;  ///< "podman"
  image::BuildOutcome outcome;
  std::vector<image::WheelLayer> layers;  ///< of wheels, from below
  std::vector<image::LayerSize> sizes;    ///< of all layers, or only of `layers` if the engine does not tell
  double seconds = 0;
  std::optional<Digest> digest = {};  ///< of its manifest; nullopt if nobody knows it

  /// A name that the engine can run: NAME@DIGEST, or the image's ID if docker keeps no digest for it.
  std::string reference() const;
};

/// Puts the image of a locked recipe into an engine, or finds it there. Warns if the Dockerfile in the
/// project is out of date. Errors: those of ImageInputs, find_engine, hand_over and build_image; a stop,
/// after which the recipe's image is the one from before.
Result<BuildDocument> build(const BuildRequest& request, const Context& context);

/// The digests of an image, which nobody has to build for that.
struct DigestDocument {
  struct Image {
    specs::Platform platform;
    Digest digest;    ///< of its manifest
    Digest image_id;  ///< of its configuration
  };
  std::string recipe;
  std::vector<Image> images;    ///< one for each platform of the lock
  std::optional<Digest> index;  ///< of all of them; nullopt if there is only one
  const Digest& digest() const { return index ? *index : images.front().digest; }
};

struct DigestRequest {
  std::string recipe;
  std::optional<std::string> engine = {};  ///< for packages of the distribution, should they be missing
};
/// Errors: those of ImageInputs; (input): the image cannot be planned.
Result<DigestDocument> image_digest(const DigestRequest& request, const Context& context);

struct PushRequest {
  std::string recipe;
  std::optional<std::string> engine = {};  ///< as that of DigestRequest
  std::string to;                          ///< "registry.example/team/demo:latest"
  bool sbom = false;                       ///< attach bills of materials to it
};

struct PushDocument {
  DigestDocument image;
  std::string name;         ///< what was asked for, in full: "registry.example/team/demo:latest"
  std::string reference;    ///< "registry.example/team/demo@sha256:…"
  std::size_t present = 0;  ///< layers and configurations that the registry had
  std::size_t mounted = 0;
  std::size_t sent = 0;
  std::uint64_t sent_bytes = 0;
  std::vector<Digest> sboms = {};  ///< artifacts that refer to the image
  double seconds = 0;
};

/// Pushes the image of a locked recipe to a registry, for all its platforms, straight from the store. Errors:
/// those of image_digest, find_login, find_trust and registry::push; (input): `to` is not an image's name.
Result<PushDocument> push_image(const PushRequest& request, const Context& context);

}  // namespace launch::commands
