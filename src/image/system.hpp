#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"

namespace launch::image {

/// The system in which a package is built from source.
struct SystemRequest {
  project::Recipe recipe;
  project::BaseImage base;       ///< with its digest
  std::vector<std::string> apt;  ///< packages of the distribution
  std::filesystem::path folder;  ///< as BuildRequest::folder
};

/// An image with the base's system, its Python and the given packages, without wheels; an existing one is
/// reused. Errors: those of render_system and Builder::build.
Result<containers::Image> build_system(const SystemRequest& request, const containers::Engine& engine,
                                       const Work& work);

}  // namespace launch::image
