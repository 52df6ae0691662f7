#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "project/lockfile.hpp"
#include "project/site.hpp"

namespace launch::locking {

/// The dated archive of a base image's distribution, for BaseImage::archive: that which the site names, else
/// that of the lock before. nullopt if there is none, or launch knows one itself.
std::optional<std::string> apt_archive(const project::BaseImage& base, const project::Site& site,
                                       const std::optional<project::Lockfile>& previous);

/// The state of a base image's distribution from which apt is to install, for BaseImage::snapshot: that at
/// the time of the lock (project::lock_timestamp), but not older than the base itself, whose packages apt
/// would have to replace by older ones, nor than the first that the archive has. `created`: of the base, RFC
/// 3339; empty if unknown. nullopt if the distribution is unknown or has no dated archive, or the lock has no
/// time. Pure.
std::optional<std::string> apt_snapshot(const project::BaseImage& base, const project::Lockfile& lock,
                                        std::string_view created);

/// Why there is none: "launch.toml names no dated archive of Debian 12 (…)".
std::string why_no_snapshot(const project::BaseImage& base);

}  // namespace launch::locking
