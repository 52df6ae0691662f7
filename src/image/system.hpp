#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archive/oci_image.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"
#include "project/project.hpp"
#include "project/recipe.hpp"
#include "specs/platform.hpp"
#include "store/store.hpp"

namespace launch::image {

/// The system below wheels: a base image with packages of its distribution.
struct SystemRequest {
  project::Recipe recipe;    ///< its `apt` are the packages
  project::LoadedLock lock;  ///< its base has a digest; without an interpreter, the base's Python is added
  std::filesystem::path folder;                  ///< as BuildRequest::folder
  std::optional<specs::Platform> platform = {};  ///< nullopt: the engine's own
};

/// An image of that system in the engine; an existing one is reused. Errors: those of render_system and
/// Builder::build.
Result<containers::Image> build_system(const SystemRequest& request, const containers::Engine& engine,
                                       const Work& work);

/// What the distribution's packages add to a base image.
struct SystemLayers {
  std::string key;  ///< of everything that determines them
  struct Layer {
    archive::ImageLayer layer;
    std::filesystem::path file;  ///< in the store
  };
  std::vector<Layer> layers;  ///< from the bottom
};

/// The layers of that system above the base image, whose manifest has this digest. They are made by the
/// engine once, and kept in the store by the digest of their inputs. Errors: those of `find_engine`, which is
/// called only if they have to be made, of build_system and Engine::save; (environment): the engine's image
/// is not the base with layers above.
Result<SystemLayers> system_layers(const SystemRequest& request, const Digest& base_manifest,
                                   const archive::Image& base,
                                   const std::function<Result<containers::Engine>()>& find_engine,
                                   const store::Store& store, const Work& work);

}  // namespace launch::image
