#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "locking/bounds.hpp"
#include "locking/lock_target.hpp"
#include "locking/nightly.hpp"
#include "locking/package_source.hpp"
#include "locking/source_packages.hpp"
#include "project/recipe.hpp"
#include "resolve/provider.hpp"

namespace launch::locking {

using Preferences = std::map<std::string, std::vector<specs::Version>>;

/// Where packages may move when others are upgraded.
enum class Others { only_up, anywhere };

/// Answers the solver's questions for one target: wheels only, the best one per version; yanked wheels only
/// if pinned or preferred; none for another Python or accelerator; nightlies of one date.
class TargetProvider final : public resolve::Provider {
 public:
  /// `preferred`: versions to try before newer ones, best first. `night`: whose builds to use.
  TargetProvider(const project::Recipe& recipe, PackageSource& source, LockTarget& target,
                 Preferences preferred, std::optional<Night> night);

  /// Chooses these packages' versions before those of others. With `only_up`, no other package becomes older
  /// than the version that it is preferred in.
  void upgrade(std::set<std::string> packages, Others others);
  /// What becomes of packages that may be built from source.
  enum class Sources { built, left_out };
  /// Makes versions without a wheel that fits candidates too, if the recipe allows that; or leaves these
  /// packages out of all requirements.
  void build_from(SourcePackages& packages, Sources sources = Sources::built);
  const Bounds& bounds() const { return bounds_; }

  Result<std::vector<specs::Version>> candidates(const std::string& package) override;
  bool takes_prereleases(const std::string& package) override;
  bool comes_first(const std::string& package) const override { return upgraded_.count(package) != 0; }
  resolve::Reason absence(const std::string& package, const specs::SpecifierSet& wanted) override;
  Result<resolve::Dependencies> dependencies(const std::string& package, const specs::Version& version,
                                             const std::set<std::string>& extras) override;
  void prefetch_candidates(std::span<const std::string> packages) override;
  void prefetch_dependencies(std::span<const resolve::PackageVersion> versions) override;

  /// All versions with a wheel for the target that is not yanked, whatever is preferred. Errors: as above.
  Result<std::vector<specs::Version>> versions(const std::string& package);
  /// True if the versions that `wanted` allows have only source archives; of a package that was asked for.
  bool only_archives(const std::string& package, const specs::SpecifierSet& wanted) const;
  /// True for a version that is tried before newer ones.
  bool prefers(const std::string& package, const specs::Version& version) const;
  /// Of a version returned by candidates(). Errors: those of PackageSource::metadata.
  Result<const specs::CoreMetadata*> metadata(const std::string& package, const specs::Version& version);
  /// The wheel of a version returned by candidates(), or its source archive (is_archive).
  PackageSource::Wheel wheel(const std::string& package, const specs::Version& version) const;

 private:
  struct Fit {
    const pytorch::Build* build = nullptr;
    std::size_t rank = 0;
    bool yanked = false;
  };
  struct Package {
    const Listing* listing = nullptr;
    std::map<specs::Version, Fit> fits;
    bool released = false;  ///< some fit is no pre-release
  };
  Result<const Package*> package(const std::string& name);
  void add_archives(Package& package) const;
  bool fits(const Listing& listing, const pytorch::Build& build) const;
  /// The oldest version that may be chosen; nullopt: any.
  std::optional<specs::Version> floor_of(const std::string& package) const;
  void note_pins(const std::string& package, const specs::SpecifierSet& specifier);
  resolve::Dependencies evaluate(const specs::CoreMetadata& metadata,
                                 const std::set<std::string>& extras) const;

  const project::Recipe& recipe_;
  PackageSource& source_;
  LockTarget& target_;
  Bounds bounds_;
  Preferences preferred_;
  std::optional<Night> night_;
  std::set<std::string> upgraded_;
  Others others_ = Others::anywhere;
  std::map<std::string, std::set<std::string>>
      pinned_;  // versions after "==", as written; these may be yanked
  std::map<std::string, Package> packages_;
  SourcePackages* built_ = nullptr;
  Sources sources_ = Sources::built;
};

}  // namespace launch::locking
