#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "project/image_folders.hpp"
#include "project/lockfile.hpp"

namespace launch::image {

using project::kVenv;
inline constexpr std::string_view kVenvPython = "/opt/venv/bin/python3";

/// The wheel of a locked package for a platform.
struct ImageWheel {
  std::string package;
  std::string version;
  project::LockedWheel wheel;
};

/// The wheels for one platform, sorted by package: markers are evaluated, and the best wheel that fits the
/// base image's glibc is chosen. Errors (input): a package has none that fits.
Result<std::vector<ImageWheel>> wheels_for(const project::Lockfile& lock, const specs::Interpreter& python,
                                           const specs::Platform& platform);

/// What changes together: the toolkit's libraries, Triton, what follows each nightly, the rest.
enum class LayerGroup { toolkit, triton, torch, rest };
LayerGroup layer_group(const std::string& package);

/// The packages whose files one layer adds; all are of one group.
using Layer = std::vector<std::string>;

/// Layers from the bottom: the toolkit's packages, Triton, torch, then the rest, the largest first in each
/// group. An engine unpacks every layer above one that changed, so what is large is below torch, which
/// changes most often. Small packages share a layer, as do the last ones beyond the limit of registries and
/// storage drivers (about 120). The same for all platforms of the lock.
std::vector<Layer> plan_layers(const project::Lockfile& lock);

}  // namespace launch::image
