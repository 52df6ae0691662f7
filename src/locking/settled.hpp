#pragma once

#include "locking/resolve_lock.hpp"

namespace launch::locking {

/// True if there is nothing to resolve: the previous lock was made from this very recipe, its base image has
/// a digest, and for each platform it has what the recipe requires. Asks no index, so it knows nothing of
/// files that are gone or yanked by now.
bool is_settled(const LockRequest& request);

}  // namespace launch::locking
