#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "index/simple_page.hpp"
#include "net/http.hpp"
#include "probe/wheel_lookup.hpp"
#include "project/site.hpp"
#include "specs/interpreter.hpp"
#include "specs/version.hpp"

namespace launch::probe {

/// Which versions of a package to check.
struct VersionQuery {
  ReleaseQuery of = {};                  ///< its version does not count
  std::string from = {};                 ///< the oldest: a version, or a day of nightlies; empty: no bound
  std::string to = {};                   ///< the newest
  std::optional<std::size_t> last = {};  ///< only so many of the newest
};

/// A version and the wheel that represents it.
struct VersionBuild {
  specs::Version version;  ///< without a local part
  index::IndexFile file;
  std::optional<specs::Interpreter> python = {};  ///< nullopt for a wheel of any Python

  std::string text() const { return version.text(); }
};

/// A version, or days without a nightly, that cannot be checked.
struct SkippedVersion {
  std::string version;  ///< "2.0.0", "2025-06-07", "2025-06-07 to 2025-06-09"
  std::string reason;   ///< "yanked: broken", "no wheel for linux-x86_64"
};

struct VersionList {
  std::vector<VersionBuild> builds;      ///< at least one; oldest first
  std::vector<SkippedVersion> skipped;   ///< versions, then days, oldest first
  std::vector<std::string> prereleases;  ///< that were left out, as no bound names one
};

/// The versions of a package on its index, each with the wheel for the query's Python, else for the newest
/// with a wheel. Errors: (input) a bound that is neither version nor day, or no version within the bounds;
/// those of find_page.
Result<VersionList> list_versions(const VersionQuery& query, const project::Site& site,
                                  net::HttpClient& http);

}  // namespace launch::probe
