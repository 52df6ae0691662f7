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
};

struct BuildDocument {
  std::string engine;  ///< "podman"
  image::BuildOutcome outcome;
  std::vector<image::WheelLayer> layers;  ///< of wheels, from below
  double seconds = 0;

  /// A name that the engine can run: NAME@DIGEST, or the image's ID if docker has no digest.
  std::string reference() const;
};

/// Builds the image of a locked recipe, or reuses it if it exists. Warns if the Dockerfile in the project
/// differs from the one that is built. Errors: those of load_locked, find_project_files, find_engine,
/// build_image and wheel_layers; a stop, after which no image was built.
Result<BuildDocument> build(const BuildRequest& request, const Context& context);

}  // namespace launch::commands
