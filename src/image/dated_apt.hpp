#pragma once

#include <string>
#include <vector>

#include "project/lockfile.hpp"

namespace launch::image {

/// How a script installs packages of the distribution.
struct AptSteps {
  std::vector<std::string> update;  ///< each ends with a space; they read the lists of packages
  std::string options;              ///< of apt-get install, starts with a space; empty: none
  std::vector<std::string> after;
};

/// With apt in the state of the lock's snapshot, if it has one: from the dated archive that launch knows or
/// the lock names, else from the one that the base's own lists of sources name in comments, as those of
/// Debian's images do. In the lists, only addresses of the distribution's own hosts are replaced, for these
/// steps alone. If there is none, the lists are used as they are, and the script says so in a line of
/// containers::kBuildWarning. If apt cannot read the archive, the script ends, with a line of
/// containers::kBuildHint. `packages`: what is installed, for the messages.
AptSteps apt_steps(const project::BaseImage& base, const std::string& packages);

}  // namespace launch::image
