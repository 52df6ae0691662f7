#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "locking/explain.hpp"
#include "locking/resolve_lock.hpp"
#include "locking/target_provider.hpp"
#include "resolve/pubgrub.hpp"

namespace launch::locking {

/// The request with its other nightly in the recipe, and without what is not kept of the previous lock: the
/// packages to upgrade, and the nightly if one of them moves it.
LockRequest prepared(LockRequest request);

/// Requirements of the packages to upgrade that were locked, in any version.
std::vector<specs::Requirement> upgraded_requirements(const LockRequest& asked);
/// Preferences with these versions first.
Preferences preferring(const std::map<std::string, resolve::Chosen>& versions, Preferences preferences);

/// The packages that `asked` wanted upgraded and that have their versions still, with the reasons. Errors:
/// those of Explainer.
Result<std::vector<Stayed>> stayed_of(const LockRequest& asked, const ExplainedWorld& world);

}  // namespace launch::locking
