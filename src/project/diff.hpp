#pragma once

#include <string>
#include <vector>

#include "project/lockfile.hpp"

namespace launch::project {

/// How one package changed between two locks.
struct PackageChange {
  std::string name;
  std::string before;     ///< version, or several with " and "; empty if it was added
  std::string after;      ///< empty if it was removed
  bool wheels = false;    ///< same version, other wheels (build, platform or location)
  bool replaced = false;  ///< other content under the same file name
};

/// By name; only packages that changed.
std::vector<PackageChange> diff_packages(const Lockfile& before, const Lockfile& after);

/// "torch 2.14.0 → 2.15.0", "filelock 3.18 added".
std::string change_text(const PackageChange& change);

}  // namespace launch::project
