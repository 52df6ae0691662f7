#pragma once

#include "base/digest.hpp"
#include "project/recipe.hpp"

namespace launch::project {

/// What is made from a recipe; each stage is made from what the stage before reads, and from more.
enum class Stage {
  lock,  ///< python, platforms, packages, torch, lock, and the choice of the base: image.variant, image.from
  render,  ///< the Dockerfile: image.apt, image.copy.to, image.env, image.user as well
  image,   ///< image.copy.from as well
};

/// Digest of what a stage reads of a recipe: of the parsed values, so that comments, spelling and keys that
/// the stage does not read ([verify], [train]) change nothing. The same values give the same digest on every
/// machine and in every later version that reads the same keys.
Digest recipe_digest(const Recipe& recipe, Stage stage);

}  // namespace launch::project
