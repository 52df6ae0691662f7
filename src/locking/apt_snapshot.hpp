#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "project/lockfile.hpp"
#include "project/site.hpp"

namespace launch::locking {

/// The archive of a base image's distribution, for BaseImage::archive: that which the site names, else that
/// of the base before. nullopt if neither names one, or launch knows it itself.
std::optional<std::string> apt_archive(const project::BaseImage& base, const project::Site& site,
                                       const std::optional<project::BaseImage>& before);

/// The state of a base image's distribution from which apt is to install, for BaseImage::snapshot: that at
/// the time of the lock (project::lock_timestamp), but not older than the base itself, whose packages apt
/// would have to replace by older ones, nor than the first that the archive has. `created`: of the base, RFC
/// 3339; empty if unknown. nullopt with the live archive, or if the lock has no time. Pure.
std::optional<std::string> apt_snapshot(const project::BaseImage& base, const project::Lockfile& lock,
                                        std::string_view created);

/// Of which time the versions are that apt installs on a lock's base, if that needs saying: "are those of
/// 20250606T080910Z, as no index …"; empty if the newest upload or the nightly decides it for certain.
std::string apt_versions(const project::Provenance& provenance);

}  // namespace launch::locking
