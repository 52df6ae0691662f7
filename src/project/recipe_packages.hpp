#pragma once

#include <vector>

#include "base/result.hpp"
#include "base/toml.hpp"
#include "project/recipe.hpp"
#include "specs/requirement.hpp"

namespace launch::project {

/// An array of PEP 508 requirements; a name may be there several times, with other markers, extras or bounds.
/// Errors (input): not a requirement, a URL (but under `packages`, of a commit in git), the same requirement
/// twice.
Result<std::vector<specs::Requirement>> read_requirements(const TomlTable& table, std::string_view key);

/// Bounds for packages, `constraints` and `overrides`. Errors (input): those of read_requirements; extras, as
/// bounds ask for nothing.
Result<std::vector<specs::Requirement>> read_bounds(const TomlTable& table, std::string_view key);

/// Errors (input): an index without a URL or packages, a name that is on two of them.
Result<std::vector<Recipe::Index>> read_indexes(const TomlTable& root);

/// Errors (input): a name in [torch] packages that is also in packages or [[index]]: a name comes from one
/// index.
Result<void> check_origins(const TomlTable& root, const Recipe& recipe);

/// Lays a recipe over the one that it extends: its keys replace those below, and its requirements those of
/// the same names; what excludes a key that it sets (date and as-of, from and variant, a channel and what
/// that channel has not) goes.
void extend(TomlValue& below, const TomlValue& above);

}  // namespace launch::project
