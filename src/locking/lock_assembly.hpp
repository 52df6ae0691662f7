#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/work.hpp"
#include "locking/lock_target.hpp"
#include "locking/package_source.hpp"
#include "locking/source_packages.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "specs/patch_set.hpp"
#include "store/store.hpp"

namespace launch::locking {

class TargetProvider;

/// What was found for one name on one platform.
struct Pick {
  PackageSource::Wheel wheel;                         ///< or source archive
  const Built* built = nullptr;                       ///< from a source archive
  std::set<std::string> extras;                       ///< asked for
  std::set<std::string> dependencies;                 ///< names that are in the lock
  std::vector<specs::Requirement> requirements = {};  ///< that hold here, with those of its extras
  specs::PatchSet patches = ~specs::PatchSet();       ///< the patch releases of Python that need it
};

/// The solution for one target.
struct TargetSolution {
  const LockTarget* target = nullptr;
  std::shared_ptr<TargetProvider> provider = {};  ///< that found it
  std::map<std::string, Pick> picks;              ///< by package name
  specs::PatchSet patches = ~specs::PatchSet();   ///< the patch releases of Python that it is right for
};

/// "python_version == "3.12" and sys_platform == "linux" and platform_machine == "x86_64""
std::string environment_marker(const LockTarget& target);

/// A file of an index as a lock names it.
project::LockedFile locked_file(const index::IndexFile& file, bool by_path);

/// One package list for all targets: one entry per name and version, with a marker where it is not for all
/// targets, and the wheels that some target needs. Wheels are named by path when the recipe says so; size and
/// sha256 are what the index gives (0 and none when it gives none).
std::vector<project::LockedPackage> merge(const project::Recipe& recipe,
                                          const std::vector<TargetSolution>& solutions);

}  // namespace launch::locking
