#pragma once

#include <functional>
#include <optional>
#include <string>

#include "locking/package_source.hpp"

namespace launch::locking {

/// A package that is locked at an older version, since the newest one that fits has no wheel.
struct SourceOnly {
  std::string package;
  specs::Version locked;
  specs::Version newest;  ///< has only a source archive
};

/// A package that is locked at an older version, since a newer one that fits requires a package that has only
/// a source archive.
struct HeldBack {
  std::string package;
  specs::Version locked;
  specs::Version newest;
  std::string requirement;  ///< "b==4.9.*"
  std::string required;     ///< its package
};

/// The newest version that has a source archive and no wheel, among those that `fits` accepts; nullopt if
/// there is none. Yanked archives do not count.
std::optional<specs::Version> newest_source_only(const Listing& listing,
                                                 const std::function<bool(const specs::Version&)>& fits);

/// The newest version that `wanted` allows, if none that it allows has a wheel and some have a source
/// archive.
std::optional<specs::Version> only_archive(const Listing& listing, const specs::SpecifierSet& wanted);

}  // namespace launch::locking
