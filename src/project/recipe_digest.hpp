#pragma once

#include "base/digest.hpp"
#include "project/recipe.hpp"

namespace launch::project {

/// The products of a recipe; each stage depends on the keys of the stage before, and more.
enum class Stage {
  lock,  ///< python, platforms, packages, torch, lock, and the choice of the base: image.variant, image.from
  render,  ///< the Dockerfile: image.apt, image.copy.to, image.copy.owner, image.env, image.user as well
  image,   ///< image.copy.from and image.copy.exclude as well
};

/// Digest of the parts of a recipe that a stage reads, computed from the parsed values, so that comments,
/// spelling and other keys ([verify], [train]) do not matter. The same values have the same digest on every
/// machine and in every later version that reads the same keys.
Digest recipe_digest(const Recipe& recipe, Stage stage);

}  // namespace launch::project
