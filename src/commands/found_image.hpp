#pragma once

#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "project/project.hpp"

namespace launch::commands {

/// What an engine has under the name of a recipe's image.
struct FoundImage {
  std::string engine;               ///< "podman"
  bool exists = false;              ///< under that name
  std::optional<Digest> of_lock;    ///< the lock that it was built from, as its label says
  std::optional<Digest> of_recipe;  ///< the same of the recipe (Stage::render)
};

/// Why it is not the image of a locked recipe; nullopt if it is. The error (environment) names the command
/// that builds it.
std::optional<Error> wrong_image(const FoundImage& found, const project::Locked& locked);

}  // namespace launch::commands
