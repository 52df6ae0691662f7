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
#include "image/overlaps.hpp"
#include "image/plan.hpp"
#include "image/project_files.hpp"
#include "project/project.hpp"
#include "store/store.hpp"

namespace launch::image {

/// The inputs of an image.
struct BuildRequest {
  project::Locked locked;
  std::vector<ProjectCopy> copies;
  bool from_scratch = false;  ///< reuse neither layers nor image
  /// Where builds keep temporary files, with space for all contents of the wheels. Builds that share it wait
  /// for each other where necessary.
  std::filesystem::path folder;
  /// Brings wheels of the lock to this machine and returns their paths, in the order of the wheels.
  std::function<Result<std::vector<std::filesystem::path>>(const std::vector<project::LockedWheel>&)> fetch;
  /// The same for the archive of the lock's interpreter; called only if it has one.
  std::function<Result<std::filesystem::path>(const specs::Platform&)> fetch_interpreter = {};
  /// Says whether a new image works, before it gets its name; may be empty.
  std::function<Result<void>(const Digest& image_id)> try_it = {};
};

struct BuildOutcome {
  containers::Image image;
  std::string name;         ///< "localhost/launch/demo"
  bool up_to_date = false;  ///< it already existed, from the same inputs
  archive::InstallSize unpacked;
  std::optional<Digest> nameless = {};  ///< the image that had the name before and has none left; still there
  std::vector<Overlap> overlaps =
      {};  ///< of its wheels; unknown, and none, if the engine had built it before
};

/// The platform of a recipe to build here: this machine's, else its first.
specs::Platform platform_to_build(const project::Recipe& recipe);

/// The Dockerfile of a locked recipe with its project files.
Result<std::string> dockerfile_of(const project::Locked& locked, const std::vector<ProjectCopy>& copies);

/// Writes all that the Dockerfile of a locked recipe needs, and the Dockerfile, into `folder`, which must be
/// new or empty, for the platform to build. Errors: as of build_image before its engine is asked.
Result<archive::InstallSize> export_context(const BuildRequest& request, const std::filesystem::path& folder,
                                            const store::Store& store, ProcessRunner& runner,
                                            const Work& work);

/// Builds the image of a locked recipe, or reuses an existing one with the same lock, Dockerfile and project
/// files. Fetches wheels that the store lacks. Builds of the same image wait for each other. The context is
/// removed on return; what a killed build leaves is removed by the next. Errors: those of render_dockerfile,
/// wheels_for, BuildRequest::fetch, find_overlaps, wheel_bytecode, write_context and Builder::build;
/// (environment) a stop was requested.
Result<BuildOutcome> build_image(const BuildRequest& request, const store::Store& store,
                                 const containers::Engine& engine, const Work& work);

}  // namespace launch::image
