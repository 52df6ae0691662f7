#include "locking/apt_snapshot.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "project/dated_archive.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::locking {

std::optional<std::string> apt_archive(const project::BaseImage& base, const project::Site& site,
                                       const std::optional<project::Lockfile>& previous) {
  const auto known = pytorch::distribution(base.distribution);
  if (!known || known->snapshots) return std::nullopt;
  if (site.debian_archive) return site.debian_archive->value;
  return previous && previous->provenance.base ? previous->provenance.base->archive : std::nullopt;
}

std::optional<std::string> apt_snapshot(const project::BaseImage& base, const project::Lockfile& lock,
                                        std::string_view created) {
  const auto known = pytorch::distribution(base.distribution);
  const auto time = project::lock_timestamp(lock);
  if (!known || !(known->snapshots || base.archive) || time <= 0) return std::nullopt;
  const std::int64_t first = known->snapshots ? known->snapshots->midnight().time_since_epoch().count() : 0;
  const auto made = specs::parse_utc(created);
  const std::int64_t base_time = made ? made->time_since_epoch().count() : 0;
  return fmt::format("{:%Y%m%dT%H%M%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(std::max({time, first, base_time}))));
}

std::string why_no_snapshot(const project::BaseImage& base) {
  const auto known = pytorch::distribution(base.distribution);
  if (!known) return fmt::format("the distribution of {}:{} is unknown", base.name, base.tag);
  return fmt::format("launch.toml names no dated archive of {} ([apt] debian = \"{}\")", known->title,
                     project::kDatedArchiveForm);
}

}  // namespace launch::locking
