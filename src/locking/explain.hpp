#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "locking/explanation.hpp"
#include "locking/lock_assembly.hpp"
#include "locking/nightly.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "resolve/pubgrub.hpp"

namespace launch::locking {

/// A solution and what led to it.
struct ExplainedWorld {
  const project::Recipe& recipe;
  const std::vector<TargetSolution>& solutions;  ///< one per platform
  const project::Lockfile* previous = nullptr;   ///< whose versions were kept; null: none
  std::optional<specs::Day> day = {};            ///< of the nightly
  const std::vector<PassedOver>& passed_over;
  /// Solves a target again with a further requirement, keeping no versions.
  std::function<Result<resolve::Outcome>(const TargetSolution&, const specs::Requirement&)> solve_with;
};

/// Says why a package is in a lock, and why in that version.
class Explainer {
 public:
  explicit Explainer(ExplainedWorld world) : world_(std::move(world)) {}

  /// Errors (environment): the index's.
  Result<Explanation> explain(const std::string& package);

 private:
  Result<VersionReason> reason_on(const TargetSolution& solution, const std::string& package);
  Result<void> explain_version(const TargetSolution& solution, const std::string& package,
                               VersionReason& reason);
  Result<void> explain_older(const TargetSolution& solution, const std::string& package,
                             VersionReason& reason);
  static void explain_newest(const TargetSolution& solution, const std::string& package,
                             VersionReason& reason);
  void explain_night(const std::string& package, VersionReason& reason) const;
  Result<std::vector<Need>> only_if(const std::string& package);
  bool was_locked(const std::string& package, const specs::Version& version) const;

  ExplainedWorld world_;
};

}  // namespace launch::locking
