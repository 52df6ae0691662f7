#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "locking/lock_target.hpp"
#include "locking/package_source.hpp"
#include "project/recipe.hpp"
#include "resolve/conflict.hpp"

namespace launch::locking {

/// A night of the channel, as a lock may be made from it.
struct Night {
  specs::Day day;  ///< of the first package that the recipe takes from the channel: torch, as a rule
  /// The days of whose builds each package is taken that has nightly builds: `day`, and of a package that is
  /// not torch also a later day whose build requires torch of exactly `day`.
  std::map<std::string, std::set<specs::Day>> days;
};

/// A night that was not taken, and why.
struct PassedOver {
  specs::Day day;
  std::string reason;
};

/// Whether the proof that requirements cannot be met rests on what a night's builds require, so that another
/// night may do.
bool is_of_night(const resolve::Conflict& conflict, const Night& night);
/// The proof's premises in a line: "torchvision 0.22.0.dev20250529 requires torch==2.8.0.dev20250528".
std::string reason_of(const resolve::Conflict& conflict);

/// The nights that a lock may be made from, one after the other.
class Nights {
 public:
  /// The recipe's date; else `kept`, then those from the newest down (from as-of). Errors: (input) the
  /// channel has nothing of the recipe's date; (environment) the channel's, and a kept night of which a wheel
  /// is gone for good.
  static Result<Nights> open(const project::Recipe& recipe, PackageSource& source,
                             std::vector<LockTarget>& targets, const std::optional<specs::Day>& kept);

  /// No nightly channel, or nothing on it has a date: a lock is not of a night.
  bool none() const { return packages_.empty(); }
  /// The next night on which every package of the recipe has a wheel for every target; those between are
  /// passed over. nullopt when there are no more. Errors (environment): the channel's.
  Result<std::optional<Night>> next();
  /// The night that next() gave last does not do.
  void pass_over(std::string reason);
  /// Newest first.
  std::vector<PassedOver> passed_over() const;
  /// Why no night was given at all (input).
  Error exhausted() const;
  /// Adds to the error of the first night that the others were tried too, and which there are.
  void hint_at_others(Error& error) const;

 private:
  /// What one package has of one night.
  struct Offer {
    bool accelerator = false;             ///< a wheel for the recipe's accelerator
    std::set<specs::Platform> platforms;  ///< of the targets that it fits
    std::vector<const pytorch::Build*> builds;
  };
  struct Package {
    std::string name;
    const Listing* listing = nullptr;
    std::map<specs::Day, Offer> offers;
  };

  Nights(const project::Recipe& recipe, PackageSource& source, std::vector<LockTarget>& targets)
      : recipe_(&recipe), source_(&source), targets_(&targets) {}
  void add(const specs::Requirement& requirement, const Listing& listing);
  void drop_stale();
  Result<void> plan(const std::optional<specs::Day>& kept);
  std::optional<std::string> lack(const Package& package, const specs::Day& day) const;
  std::optional<std::string> lack(const specs::Day& day) const;
  Result<bool> requires_leader_of(const Package& package, const specs::Day& its, const specs::Day& day);
  Result<std::optional<specs::Day>> partner(const Package& package, const specs::Day& day);
  Result<std::optional<Night>> with_partners(const specs::Day& day);
  std::string range_hint() const;

  const project::Recipe* recipe_;
  PackageSource* source_;
  std::vector<LockTarget>* targets_;
  std::vector<Package> packages_;  ///< those with nightly builds; the first leads
  std::vector<specs::Day> left_;   ///< nights still to be looked at, the next one last
  std::optional<specs::Day> now_;  ///< what next() gave last
  bool partners_next_ = false;     ///< it is to be looked at again, with builds of other days
  std::string reason_;             ///< why it did not do by itself
  std::map<specs::Day, std::string> passed_over_;
};

}  // namespace launch::locking
