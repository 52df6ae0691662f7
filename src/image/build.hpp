#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archive/wheel_tree.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"
#include "image/project_files.hpp"
#include "project/project.hpp"
#include "store/store.hpp"

namespace launch::image {

/// What an image is built from.
struct BuildRequest {
  project::Locked locked;
  std::vector<ProjectCopy> copies;
  bool from_scratch = false;  ///< no layer and no image from before
  /// Where builds keep what they need for a while, with room for all that is in the wheels. Builds that share
  /// it follow one another where they must.
  std::filesystem::path folder;
  /// Brings wheels of the lock to this machine and says where they lie, in the order of the wheels.
  std::function<Result<std::vector<std::filesystem::path>>(const std::vector<project::LockedWheel>&)> fetch;
};

struct BuildOutcome {
  containers::Image image;
  std::string name;         ///< "localhost/launch/demo"
  bool up_to_date = false;  ///< it was there, from the same input
  archive::InstallSize unpacked;
};

/// The Dockerfile of a locked recipe with its project files.
Result<std::string> dockerfile_of(const project::Locked& locked, const std::vector<ProjectCopy>& copies);

/// Builds the image of a locked recipe, or finds that the one there is from the same lock, Dockerfile and
/// project files. Wheels that the store lacks are fetched. Builds of the same image follow one another. The
/// context is gone when this returns, and what a killed build left is removed by the next. Errors: those of
/// render_dockerfile, wheels_for, BuildRequest::fetch, write_context and Builder::build; (environment) a stop
/// was asked for.
Result<BuildOutcome> build_image(const BuildRequest& request, const containers::Engine& engine,
                                 const Work& work);

/// A layer of an image that holds wheels.
struct WheelLayer {
  Digest digest;                    ///< of its uncompressed tar (diffID)
  std::uint64_t size = 0;           ///< bytes in the files of those of its wheels that the store has
  std::vector<std::string> wheels;  ///< their file names
};

/// The layers of wheels of an image that build_image gave for this request, from below. Errors: those of
/// wheels_for.
Result<std::vector<WheelLayer>> wheel_layers(const BuildRequest& request, const containers::Image& image,
                                             const store::Store& store);

}  // namespace launch::image
