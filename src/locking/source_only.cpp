#include "locking/source_only.hpp"

#include <algorithm>
#include <utility>

namespace launch::locking {

std::optional<specs::Version> newest_source_only(const Listing& listing,
                                                 const std::function<bool(const specs::Version&)>& fits) {
  std::optional<specs::Version> newest;
  for (const auto& file : listing.files) {
    if (file.yanked) continue;
    auto version = index::archive_version(file.file_name);
    if (!version || (newest && *version <= *newest) || !fits(*version)) continue;
    const bool has_wheel =
        std::any_of(listing.builds.begin(), listing.builds.end(),
                    [&](const pytorch::Build& build) { return build.version == *version; });
    if (!has_wheel) newest = std::move(version);
  }
  return newest;
}

std::optional<specs::Version> only_archive(const Listing& listing, const specs::SpecifierSet& wanted) {
  const bool has_wheel = std::any_of(listing.builds.begin(), listing.builds.end(),
                                     [&](const auto& build) { return wanted.matches(build.version); });
  if (has_wheel) return std::nullopt;
  return newest_source_only(listing, [&](const specs::Version& version) {
    return wanted.matches(version) && (!version.is_prerelease() || wanted.wants_prereleases());
  });
}

}  // namespace launch::locking
