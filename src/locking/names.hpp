#pragma once

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "locking/package_source.hpp"
#include "project/recipe.hpp"

namespace launch::locking {

/// Checks that everything a recipe names exists, since a typo is best reported early; asks for all pages in
/// parallel. Errors: (input) a package that its index does not have, with a suggestion, or one from a
/// URL; (environment) the index's.
Result<void> check_names(const project::Recipe& recipe, PackageSource& source, Reporter& reporter);

}  // namespace launch::locking
