#pragma once

#include "base/result.hpp"
#include "base/toml.hpp"
#include "project/recipe.hpp"

namespace launch::project {

/// Reads the keys workdir, ranks-per-node and secrets of [train], after its env. Errors (input): a wrong type
/// or value; a variable that is a secret and in env.
Result<void> read_rank_options(const TomlTable& table, Recipe::Train& train);

}  // namespace launch::project
