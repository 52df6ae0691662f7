#pragma once

#include <string>
#include <vector>

#include "project/lockfile.hpp"

namespace launch::project {

/// What became of one package between two locks.
struct PackageChange {
  std::string name;
  std::string before;     ///< version, or several with " and "; empty when it was not there
  std::string after;      ///< empty when it is gone
  bool wheels = false;    ///< same version, other wheels (a build, a platform, a place)
  bool replaced = false;  ///< other bytes under the same file name
};

/// By name; only packages that changed.
std::vector<PackageChange> diff_packages(const Lockfile& before, const Lockfile& after);

/// "torch 2.14.0 → 2.15.0", "filelock 3.18 added".
std::string change_text(const PackageChange& change);

}  // namespace launch::project
