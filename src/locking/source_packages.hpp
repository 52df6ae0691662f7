#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/source_archive.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "locking/lock_target.hpp"
#include "locking/nightly.hpp"
#include "locking/package_source.hpp"
#include "locking/source_builder.hpp"
#include "project/build_record.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "pytorch/builds.hpp"
#include "specs/source_metadata.hpp"
#include "store/store.hpp"

namespace launch::locking {

/// A wheel that was built from a source archive, as a lock names both.
struct Built {
  std::optional<project::LockedFile> sdist;  ///< nullopt: it was a commit in git
  project::LockedWheel wheel;
  std::shared_ptr<const project::BuildRecord> record;
};

/// True for an entry of SourcePackages::archives.
inline bool is_archive(const pytorch::Build& build) {
  return build.tags.empty();
}

struct TargetSolution;

/// The packages that a recipe allows to be built from source ([lock.build.NAME]): their archives, metadata
/// and wheels. An archive is built at most once; not at all if the previous lock has its wheel, built with
/// the same settings.
class SourcePackages {
 public:
  struct Outside {
    PackageSource& source;
    net::HttpClient& http;
    const store::Store& store;
    const Work& work;
    SourceBuilder* builder = nullptr;  ///< null: nothing can be built
    /// Brings the wheel of the previous lock into the store.
    std::function<Result<void>(const project::LockedPackage& package)> restore;
  };
  /// `previous`: the lock whose wheels are kept; null if there is none.
  SourcePackages(const project::Recipe& recipe, const project::Lockfile* previous, int glibc_minor,
                 std::optional<int> python_patch, Outside outside);

  /// The nightly whose builds the builds see.
  void use(const std::optional<Night>& night);

  /// The archives of a project that may be built, as builds without tags.
  const std::vector<pytorch::Build>& archives(const Listing& listing);
  /// What the archive says of itself if that is final, else what the wheel says that is built from it.
  /// Errors: (unusable) the archive is damaged or belongs to another package; those of built.
  Result<const specs::CoreMetadata*> metadata(const PackageSource::Wheel& archive);
  /// Its wheel. Errors: those of SourceBuilder::build and of resolving what the build needs; (input) the
  /// wheel does not fit the target.
  Result<const Built*> built(const PackageSource::Wheel& archive, LockTarget& target);

  /// Builds the packages of the recipe that come from git, which are known only then, and offers them to the
  /// source. Errors: those of SourceBuilder and of resolving what the builds need.
  Result<void> offer_git();
  /// The wheel of a package that offer_git offered; null for others.
  const Built* of_git(const std::string& package) const;

  /// Versions that the builds without isolation saw and that the solution has otherwise: "torch 2.9.0, locked
  /// is 2.8.0". Empty if there are none; else the next builds see the versions of the solution.
  std::vector<std::string> differences(const std::map<std::string, specs::Version>& solution);

 private:
  struct Opened {
    project::LockedFile file;
    std::filesystem::path path;
    archive::SourceArchive archive;
    std::optional<specs::SourceMetadata> metadata;
  };
  struct State {
    std::optional<Opened> opened;
    std::optional<Built> built;
    std::optional<specs::CoreMetadata> metadata;
    std::map<std::string, specs::Version> saw;  ///< what a build without isolation saw
    bool offered = false;                       ///< of a package from git
  };
  /// What a build needs, resolved.
  struct Needs {
    std::vector<project::LockedFile> files;
    std::vector<std::filesystem::path> paths;
    std::vector<project::LockedPackage> packages;
  };

  const project::Recipe::Build& how(const std::string& package) const;
  State& state_of(const PackageSource::Wheel& archive);
  Result<const Opened*> open(const PackageSource::Wheel& archive, State& state);
  Result<Opened> read(const PackageSource::Wheel& archive);
  Result<project::LockedFile> fetch(const PackageSource::Wheel& archive);
  const project::LockedPackage* kept(const PackageSource::Wheel& archive) const;
  bool take_kept(const PackageSource::Wheel& archive, State& state);
  Result<void> make(const PackageSource::Wheel& archive, State& state);
  Result<SourceBuild> order(const std::string& package, const std::string& version, const Opened& opened);
  Result<BuiltWheel> build(SourceBuild wanted, const Opened& opened, State& state);
  Result<void> make_git(const std::string& package, const specs::GitSource& source, State& state);
  Result<bool> take_kept_git(const std::string& package, const specs::GitSource& source, State& state);
  bool saw_other_versions(const project::BuildRecord& record, State& state) const;
  project::Recipe environment_of(const std::string& package, const std::string& version,
                                 std::vector<specs::Requirement> requirements, const Opened& opened) const;
  Result<Needs> resolve_needs(const project::Recipe& environment, bool isolated);
  Result<Needs> fetch_needs(const std::vector<TargetSolution>& solutions, const project::Recipe& environment);
  Result<void> check_wheel(const PackageSource::Wheel& archive, State& state, const BuiltWheel& wheel);

  const project::Recipe& recipe_;
  const project::Lockfile* previous_;
  Outside outside_;
  std::optional<LockTarget> own_;  ///< this machine; nullopt if it is not a platform of launch
  std::optional<Night> night_;
  std::map<const Listing*, std::vector<pytorch::Build>> archives_;
  std::deque<Listing> listings_;                  ///< that were offered
  std::map<std::string, State> git_;              ///< by package
  std::map<std::string, State> states_;           ///< by file name
  std::vector<std::string> building_;             ///< the packages that are being built, for cycles
  std::map<std::string, specs::Version> wanted_;  ///< versions that builds without isolation should see
};

}  // namespace launch::locking
