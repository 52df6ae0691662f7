#pragma once

#include <optional>
#include <string>

#include "project/lockfile.hpp"

namespace launch::locking {

/// The state of a base image's distribution from which apt is to install, for BaseImage::snapshot: that at
/// the time of the lock (project::lock_timestamp), or the first one that its archive has. nullopt if the
/// distribution is unknown, or the lock has no time. Pure.
std::optional<std::string> apt_snapshot(const project::BaseImage& base, const project::Lockfile& lock);

}  // namespace launch::locking
