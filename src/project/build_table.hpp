#pragma once

#include <map>
#include <string>

#include "base/result.hpp"
#include "base/toml.hpp"
#include "project/recipe.hpp"

namespace launch::project {

/// Reads [lock.build.NAME] tables, by normalized name. `lock` is the recipe's [lock]. Errors (input): an
/// unknown key, a wrong type, a name twice, an invalid value.
Result<std::map<std::string, Recipe::Build>> read_build_tables(const TomlTable& lock);

/// Errors (input): a package from git that has no [lock.build] table, or is under [torch].
Result<void> check_git(const TomlTable& root, const Recipe& recipe);

/// One line per value of a table that is set: what identifies it.
std::string text_of(const Recipe::Build& build);

}  // namespace launch::project
