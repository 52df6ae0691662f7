#include "locking/apt_snapshot.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/text.hpp"
#include "project/dated_archive.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::locking {

std::optional<std::string> apt_archive(const project::BaseImage& base, const project::Site& site,
                                       const std::optional<project::BaseImage>& before) {
  if (pytorch::apt_distribution(base.distribution).snapshots) return std::nullopt;
  if (site.debian_archive) return site.debian_archive->value;
  return before ? before->archive : std::nullopt;
}

std::optional<std::string> apt_snapshot(const project::BaseImage& base, const project::Lockfile& lock,
                                        std::string_view created) {
  const auto time = project::lock_timestamp(lock);
  if (base.archive == project::kLiveArchive || time <= 0) return std::nullopt;
  const auto oldest = pytorch::apt_distribution(base.distribution).snapshots;
  const std::int64_t first = oldest ? oldest->midnight().time_since_epoch().count() : 0;
  const auto made = specs::parse_utc(created);
  const std::int64_t base_time = made ? made->time_since_epoch().count() : 0;
  return fmt::format("{:%Y%m%dT%H%M%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(std::max({time, first, base_time}))));
}

std::string apt_versions(const project::Provenance& provenance) {
  const auto& base = *provenance.base;
  if (!base.snapshot) {
    return fmt::format("are those of the day of the build, as [apt] debian = {} has them",
                       in_quotes(project::kLiveArchive));
  }
  std::string out;
  if (provenance.locked) out += ", as no index gives the upload times of the locked packages";
  if (!base.archive && !pytorch::apt_distribution(base.distribution).snapshots) {
    out += fmt::format(
        "; if the lists of sources in {}:{} name no dated archive of Debian, they are those of the "
        "day of the build",
        base.name, base.tag);
  }
  return out.empty() ? out : fmt::format("are those of {}{}", *base.snapshot, out);
}

}  // namespace launch::locking
