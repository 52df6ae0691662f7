#pragma once

#include <set>

#include "base/digest.hpp"
#include "store/store.hpp"

namespace launch::store {

/// The digests, and those of all files that are of use only with them: what a manifest of an image names
/// (kManifestName), and what texts that were made of a file name (derived.hpp), such as the bytecode of a
/// wheel. What cannot be read names nothing.
std::set<Digest> with_references(const Store& store, const std::set<Digest>& digests);

}  // namespace launch::store
