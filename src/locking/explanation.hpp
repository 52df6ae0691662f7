#pragma once

#include <optional>
#include <string>
#include <vector>

#include "specs/platform.hpp"
#include "specs/url.hpp"
#include "specs/version.hpp"

namespace launch::locking {

/// A requirement, and whose it is.
struct Need {
  std::string by;           ///< "demo" (the recipe), "app 1.0"
  std::string requirement;  ///< "leaf>=2"; with its marker only in Explanation::only_if
  std::string text;         ///< "app 1.0 requires leaf>=2", "demo has the constraint leaf<3"
  bool operator==(const Need&) const = default;
};

/// Why a package is locked in one version, on some platforms.
struct VersionReason {
  std::vector<specs::Platform> platforms;
  specs::Version version;
  specs::Url index;
  std::vector<Need> chain;        ///< the shortest one from the recipe to the package
  std::vector<Need> required_by;  ///< all requirements of it, the recipe's first
  std::string why;                ///< a clause: "other 3 requires leaf<3"
  std::optional<specs::Version>
      newer;                     ///< one with a wheel: the newest that required_by allows, else the newest
  std::vector<Need> blocked_by;  ///< those of required_by that do not allow `newer`
  std::string for_newer;         ///< what would allow a newer one, or why there is none; may be empty
};

/// Why a package is in a lock, or why it is not.
struct Explanation {
  std::string package;
  std::vector<VersionReason> reasons;  ///< empty: it is not needed
  std::vector<Need> only_if;           ///< requirements of it whose markers do not hold, if it is not needed
  std::vector<std::string> locked;     ///< the names of all packages of the lock
};

}  // namespace launch::locking
