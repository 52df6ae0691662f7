#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "project/lockfile.hpp"

namespace launch::image {

/// The virtual environment of every image; wheels are installed below it.
inline constexpr std::string_view kVenv = "/opt/venv";
inline constexpr std::string_view kVenvPython = "/opt/venv/bin/python3";

/// The wheel of a locked package that a platform gets.
struct ImageWheel {
  std::string package;
  project::LockedWheel wheel;
};

/// The wheels for one platform, sorted by package: markers are applied, and of several
/// wheels the best that fits the base image's glibc is taken. Errors (input): a package has none that fits.
Result<std::vector<ImageWheel>> wheels_for(const project::Lockfile& lock, const specs::Interpreter& python,
                                           const specs::Platform& platform);

/// The packages whose trees one COPY brings in.
using Layer = std::vector<std::string>;

/// Layers from below, those first that change least: nvidia-* packages, then torch, then the rest, the
/// largest first in each. Small packages share a layer, and so do more than registries and storage drivers
/// stack (about 120). The same for all platforms of the lock.
std::vector<Layer> plan_layers(const project::Lockfile& lock);

}  // namespace launch::image
