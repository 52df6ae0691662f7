#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "locking/lock_target.hpp"
#include "locking/package_source.hpp"
#include "project/recipe.hpp"

namespace launch::locking {

/// A nightly that was skipped, and why.
struct PassedOver {
  specs::Day day;
  std::string reason;
};

struct NightlyChoice {
  std::optional<specs::Day> day;  ///< nullopt: no nightly channel, or nothing on it has a date
  std::vector<PassedOver> passed_over;
};

/// The nightly to use: the recipe's date, else `kept` while it is complete, else the newest (up to as-of)
/// with a wheel of every package that the recipe takes from the channel for every target. Errors: (input)
/// there is none, (environment) the channel's, and a kept nightly with a wheel that is no longer available.
Result<NightlyChoice> choose_nightly(const project::Recipe& recipe, PackageSource& source,
                                     std::vector<LockTarget>& targets, const std::optional<specs::Day>& kept);

}  // namespace launch::locking
