#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "project/lockfile.hpp"

namespace launch::locking {

/// The state of a base image's distribution from which apt is to install, for BaseImage::snapshot: that at
/// the time of the lock (project::lock_timestamp), but not older than the base itself, whose packages apt
/// would have to replace by older ones, nor than the first that the archive has. `created`: of the base, RFC
/// 3339; empty if unknown. nullopt if the distribution is unknown or launch uses none of it, or the lock has
/// no time. Pure.
std::optional<std::string> apt_snapshot(const project::BaseImage& base, const project::Lockfile& lock,
                                        std::string_view created);

/// Why there is none: "launch uses no dated archive of Debian 12".
std::string why_no_snapshot(const project::BaseImage& base);

}  // namespace launch::locking
