#include "probe/versions.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "probe/build_choice.hpp"
#include "pytorch/channel.hpp"
#include "specs/day.hpp"

namespace launch::probe {
namespace {

/// A bound of the command line.
struct Bound {
  std::optional<specs::Version> version;
  std::optional<specs::Day> day;
};

Result<Bound> parse_bound(const std::string& text, const char* option) {
  Bound bound;
  if (text.empty()) return bound;
  bound.day = specs::Day::parse(text);
  if (!bound.day) bound.day = specs::Day::of_digits(text);
  if (bound.day) return bound;
  auto version = specs::Version::parse(text);
  if (!version) {
    return fail(input_error(fmt::format(
        "{} {}: expected a version, such as 2.6.0, or a day, such as 2025-06-06", option, in_quotes(text))));
  }
  bound.version = version->without_local();
  return bound;
}

struct Bounds {
  Bound from;
  Bound to;

  bool contain(const specs::Version& version) const {
    if (from.version && version < *from.version) return false;
    if (to.version && version > *to.version) return false;
    if (!from.day && !to.day) return true;
    const auto day = pytorch::nightly_day(version);
    return day && (!from.day || *day >= *from.day) && (!to.day || *day <= *to.day);
  }
  bool name_prerelease() const {
    const auto is_one = [](const Bound& bound) {
      return bound.day || (bound.version && bound.version->is_prerelease());
    };
    return is_one(from) || is_one(to);
  }
};

/// What the index has of a version.
struct Offer {
  std::vector<pytorch::Build> builds;  ///< wheels for the platform that are not yanked
  bool wheels = false;                 ///< any wheel
  bool fits = false;                   ///< a wheel for the platform
  std::string yanked;                  ///< why its wheels for the platform are
};
using Offers = std::map<specs::Version, Offer>;

Offers offers_of(const index::ProjectPage& page, const ReleaseQuery& query) {
  Offers offers;
  for (const auto& file : page.files) {
    if (const auto version = index::archive_version(file.file_name)) offers[version->without_local()];
  }
  for (const auto& build : pytorch::builds_of(page.files))
    offers[build.version.without_local()].wheels = true;
  for (const auto& build : builds_for(page, query.platform)) {
    if (query.cuda && !pytorch::is_built_for(build.version, *query.cuda)) continue;
    auto& offer = offers[build.version.without_local()];
    offer.fits = true;
    if (const auto& reason = page.files[build.file].yanked) {
      offer.yanked = reason->empty() ? "yanked" : "yanked: " + *reason;
    } else {
      offer.builds.push_back(build);
    }
  }
  return offers;
}

/// Of several builds of one version, those whose local part names the accelerator alone: "+cu128", not
/// "+cu128.with.pypi.cudnn".
void drop_variants(std::vector<pytorch::Build>& builds) {
  const auto length = [](const pytorch::Build& build) { return build.version.local().size(); };
  const auto shortest = std::min_element(builds.begin(), builds.end(),
                                         [&](const auto& a, const auto& b) { return length(a) < length(b); });
  if (shortest == builds.end()) return;
  const auto most = length(*shortest);
  std::erase_if(builds, [&](const pytorch::Build& build) { return length(build) > most; });
}

std::string why_absent(const Offer& offer, const ReleaseQuery& query) {
  if (!offer.builds.empty()) {
    return fmt::format("no wheel for Python {}; it has wheels for {}", query.python->text(),
                       pythons_of(offer.builds));
  }
  if (!offer.yanked.empty()) return offer.yanked;
  if (!offer.wheels) return "only a source archive";
  return fmt::format("no wheel for {}", query.platform.text());
}

/// Adds the days between the first and the last nightly that have none.
void add_missing_nights(VersionList& list) {
  std::optional<specs::Day> before;
  for (const auto& build : list.builds) {
    const auto day = pytorch::nightly_day(build.version);
    if (!day) continue;
    if (before && before->next() < *day) {
      const auto first = before->next().text();
      const auto last = day->previous().text();
      list.skipped.push_back({first == last ? first : fmt::format("{} to {}", first, last), "no nightly"});
    }
    before = day;
  }
}

Error none_found(const VersionQuery& query, const specs::Url& index, const Offers& offers,
                 const std::vector<SkippedVersion>& skipped) {
  auto error = input_error(fmt::format("{} has no usable wheels of {}{}{}", index, query.of.package,
                                       query.from.empty() ? "" : " from " + query.from,
                                       query.to.empty() ? "" : " to " + query.to));
  if (!skipped.empty()) {
    return std::move(error).hint(
        fmt::format("{} was skipped: {}", skipped.back().version, skipped.back().reason));
  }
  if (offers.empty()) return error;
  return std::move(error).hint(fmt::format("available versions: {} to {}", offers.begin()->first.text(),
                                           offers.rbegin()->first.text()));
}

}  // namespace

Result<VersionList> list_versions(const VersionQuery& query, const project::Site& site,
                                  net::HttpClient& http) {
  TRY_ASSIGN(auto from, parse_bound(query.from, "--from"));
  TRY_ASSIGN(auto to, parse_bound(query.to, "--to"));
  const Bounds bounds{std::move(from), std::move(to)};
  TRY_ASSIGN(const auto found, find_page(query.of, site, http));
  auto offers = offers_of(found.page, query.of);
  const bool finals =
      query.of.channel == pytorch::Channel::index && !bounds.name_prerelease() &&
      std::any_of(offers.begin(), offers.end(), [](const auto& each) { return !each.first.is_prerelease(); });
  VersionList list;
  for (auto& [version, offer] : offers) {
    if (!bounds.contain(version)) continue;
    if (finals && version.is_prerelease()) {
      list.prereleases.push_back(version.text());
      continue;
    }
    drop_variants(offer.builds);
    const auto* build = offer.builds.empty() ? nullptr : best_build(offer.builds, query.of);
    if (build == nullptr) {
      list.skipped.push_back({version.text(), why_absent(offer, query.of)});
      continue;
    }
    list.builds.push_back({version, found.page.files[build->file], cpython_of(*build)});
  }
  if (list.builds.empty()) return fail(none_found(query, found.index, offers, list.skipped));
  if (query.last && *query.last < list.builds.size()) {
    list.builds.erase(list.builds.begin(), list.builds.end() - static_cast<std::ptrdiff_t>(*query.last));
    const auto& oldest = list.builds.front().version;
    std::erase_if(list.skipped, [&](const SkippedVersion& each) {
      return specs::Version::parse(each.version).value() < oldest;
    });
  }
  add_missing_nights(list);
  return list;
}

}  // namespace launch::probe
