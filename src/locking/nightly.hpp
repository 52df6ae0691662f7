#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "locking/bounds.hpp"
#include "locking/lock_target.hpp"
#include "locking/package_source.hpp"
#include "project/recipe.hpp"
#include "resolve/conflict.hpp"

namespace launch::locking {

/// A nightly of the channel that a lock can be made from.
struct Night {
  specs::Day day;  ///< of the first package that the recipe takes from the channel: torch, as a rule
  /// For each package with nightly builds, the days whose builds may be used: `day`, and for packages other
  /// than torch also a later day whose build requires torch of exactly `day`.
  std::map<std::string, std::set<specs::Day>> days;
};

/// A nightly that was skipped, and why.
struct PassedOver {
  specs::Day day;
  std::string reason;
};

/// True if the proof that requirements cannot be met depends on the requirements of a nightly's builds, so
/// that another nightly may work.
bool is_of_night(const resolve::Conflict& conflict, const Night& night);
/// The proof's premises on one line: "torchvision 0.22.0.dev20250529 requires torch==2.8.0.dev20250528".
std::string reason_of(const resolve::Conflict& conflict);

/// The nightlies that a lock can be made from, one at a time.
class Nights {
 public:
  /// The recipe's date; else `kept`, then the others from the newest (or as-of) down. Errors: (input) the
  /// channel has nothing of the recipe's date; (environment) the channel's, and a kept nightly with a wheel
  /// that is no longer available.
  static Result<Nights> open(const project::Recipe& recipe, PackageSource& source,
                             std::vector<LockTarget>& targets, const std::optional<specs::Day>& kept);

  /// True without a nightly channel, or if nothing on it has a date: the lock is not of a nightly.
  bool none() const { return packages_.empty(); }
  /// The next nightly in which every package of the recipe has a wheel for every target; skips those in
  /// between. nullopt if there are no more. Errors (environment): the channel's.
  Result<std::optional<Night>> next();
  /// Rejects the nightly last returned by next().
  void pass_over(std::string reason);
  /// Newest first.
  std::vector<PassedOver> passed_over() const;
  /// Why there was no nightly at all (input).
  Error exhausted() const;
  /// Adds to the error of the first nightly that others were tried as well, and which.
  void hint_at_others(Error& error) const;

 private:
  /// The wheels of one package in one nightly.
  struct Offer {
    bool accelerator = false;             ///< a wheel for the recipe's accelerator
    std::set<specs::Platform> platforms;  ///< of the targets that it fits
    std::vector<const pytorch::Build*> builds;
  };
  struct Package {
    std::string name;
    const Listing* listing = nullptr;
    std::set<specs::Platform> needed;  ///< of the targets that require it
    std::set<specs::Day> listed;       ///< days with builds, whether they can be used or not
    std::map<specs::Day, Offer> offers;
  };

  Nights(const project::Recipe& recipe, PackageSource& source, std::vector<LockTarget>& targets)
      : recipe_(&recipe), source_(&source), targets_(&targets) {}
  void add(const std::string& name, const Listing& listing, const std::vector<Bounds>& bounds);
  void drop_stale();
  Result<void> plan(const std::optional<specs::Day>& kept);
  std::optional<std::string> lack(const Package& package, const specs::Day& day) const;
  std::optional<std::string> lack(const specs::Day& day) const;
  Result<bool> requires_leader_of(const Package& package, const specs::Day& its, const specs::Day& day);
  Result<std::optional<specs::Day>> partner(const Package& package, const specs::Day& day);
  Result<std::optional<Night>> with_partners(const specs::Day& day);
  std::string range_hint() const;
  std::string asked_text(const std::string& name) const;

  const project::Recipe* recipe_;
  PackageSource* source_;
  std::vector<LockTarget>* targets_;
  std::vector<Package> packages_;  ///< those with nightly builds; the first leads
  std::vector<specs::Day> left_;   ///< nights not tried yet, the next one last
  std::optional<specs::Day> now_;  ///< the night that next() returned last
  bool partners_next_ = false;     ///< next() tries the same night again, with builds of later days
  std::string reason_;             ///< why it failed with its own builds
  std::map<specs::Day, std::string> passed_over_;
};

}  // namespace launch::locking
