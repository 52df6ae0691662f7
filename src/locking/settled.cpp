#include "locking/settled.hpp"

#include <algorithm>

#include "locking/apt_snapshot.hpp"
#include "locking/bounds.hpp"
#include "project/platform_wheels.hpp"
#include "project/recipe_digest.hpp"

namespace launch::locking {
namespace {

/// True if the packages that apply on a target are allowed, and among them are those that the recipe
/// requires.
bool meets(const project::Lockfile& lock, const Bounds& bounds, const LockTarget& target) {
  std::map<std::string, const specs::Version*> locked;
  for (const auto& package : lock.packages) {
    if (!project::applies(package, target.environment()).value_or(false)) continue;
    if (!bounds.allow(package.name, package.version)) return false;
    locked.emplace(package.name, &package.version);
  }
  const auto& required = bounds.requirements();
  return std::all_of(required.begin(), required.end(), [&](const specs::Requirement& requirement) {
    const auto at = locked.find(requirement.name);
    return at != locked.end() && requirement.specifier.matches(*at->second);
  });
}

}  // namespace

bool is_settled(const LockRequest& request) {
  if (!request.previous || request.upgrade || !request.upgrade_only.empty() || request.night) return false;
  const auto& recipe = request.recipe;
  const auto& lock = *request.previous;
  const auto& provenance = lock.provenance;
  if (provenance.recipe != project::recipe_digest(recipe, project::Stage::lock)) return false;
  if (provenance.of_earlier_launch || !provenance.base || !provenance.base->digest) return false;
  const auto least = apt_snapshot(*provenance.base, lock, "");
  if (provenance.base->snapshot.has_value() != least.has_value() || provenance.base->snapshot < least)
    return false;
  return std::all_of(recipe.platforms.begin(), recipe.platforms.end(), [&](const specs::Platform& platform) {
    const LockTarget target(recipe.python, platform, request.glibc_minor, request.python_patch);
    return meets(lock, Bounds(recipe, target), target);
  });
}

}  // namespace launch::locking
