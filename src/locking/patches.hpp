#pragma once

#include <map>
#include <string>

#include "base/result.hpp"
#include "locking/lock_assembly.hpp"
#include "project/recipe.hpp"
#include "resolve/pubgrub.hpp"

namespace launch::locking {

/// Finds the patch releases of Python that need each package of a solution, and those for which the whole
/// solution is right: where the patch release is known, a marker or a Requires-Python may exclude others;
/// where it is not, both sides of such a marker are in the solution. Errors: those of
/// TargetProvider::metadata.
Result<void> find_patches(TargetSolution& solution, const std::map<std::string, resolve::Chosen>& versions,
                          const project::Recipe& recipe);

}  // namespace launch::locking
