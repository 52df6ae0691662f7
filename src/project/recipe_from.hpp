#pragma once

#include "base/result.hpp"
#include "project/project.hpp"
#include "project/recipe.hpp"

namespace launch::project {

/// Adds to a recipe what the files under `from` ask for: requirements files, a pyproject.toml or uv.lock with
/// extras or groups, relative to the project's root. PyTorch's own packages join those of [torch], the others
/// `packages`. Names that the recipe lists itself may come from where a lock cannot take them in these files.
/// What is read otherwise than pip and uv do goes into Recipe::notes. Errors (environment): a file cannot be
/// read; (input): those of its parser; a package from a repository, a URL or an index of uv's.
Result<void> add_from(Recipe& recipe, const Project& project);

}  // namespace launch::project
