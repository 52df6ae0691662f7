#include "locking/bounds.hpp"

#include <algorithm>
#include <utility>

namespace launch::locking {

Bounds::Bounds(const project::Recipe& recipe, const LockTarget& target) {
  const auto applies = [&](const specs::Requirement& requirement) {
    return !requirement.marker || target.holds(*requirement.marker);
  };
  for (const auto& bound : recipe.lock.constraints) {
    if (applies(bound)) bounds_.push_back({bound.name, bound.specifier, "constraint"});
  }
  for (const auto& bound : recipe.lock.overrides) {
    if (!applies(bound)) continue;
    bounds_.push_back({bound.name, bound.specifier, "override"});
    overridden_.insert(bound.name);
  }
  for (const auto* list : {&recipe.torch.packages, &recipe.packages}) {
    for (const auto& requirement : *list) {
      if (applies(requirement)) requirements_.push_back(apply(requirement));
    }
  }
}

specs::Requirement Bounds::apply(specs::Requirement requirement) const {
  if (overridden_.count(requirement.name) != 0) {
    requirement.specifier = {};
    requirement.url.reset();
  }
  return requirement;
}

bool Bounds::allow(const std::string& name, const specs::Version& version) const {
  return std::all_of(bounds_.begin(), bounds_.end(), [&](const resolve::Bound& bound) {
    return bound.package != name || bound.specifier.matches(version);
  });
}

}  // namespace launch::locking
