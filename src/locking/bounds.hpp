#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "locking/lock_target.hpp"
#include "project/recipe.hpp"
#include "resolve/pubgrub.hpp"
#include "specs/requirement.hpp"

namespace launch::locking {

/// The recipe's requirements, constraints and overrides on one target.
class Bounds {
 public:
  Bounds(const project::Recipe& recipe, const LockTarget& target);

  /// The recipe's own requirements whose markers hold, with overrides applied.
  const std::vector<specs::Requirement>& requirements() const { return requirements_; }
  /// A requirement as the recipe wants it read: without its own versions or URL if they are overridden.
  specs::Requirement apply(specs::Requirement requirement) const;
  /// Constraints and overrides, for the solver.
  const std::vector<resolve::Bound>& for_solver() const { return bounds_; }
  /// True if the constraints and overrides allow that version.
  bool allow(const std::string& name, const specs::Version& version) const;

 private:
  std::vector<specs::Requirement> requirements_;
  std::vector<resolve::Bound> bounds_;
  std::set<std::string> overridden_;
};

}  // namespace launch::locking
