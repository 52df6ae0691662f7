#include "probe/wheel_lookup.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "index/index_client.hpp"
#include "project/platform_wheels.hpp"
#include "pytorch/channel.hpp"
#include "specs/specifier.hpp"
#include "specs/tag.hpp"
#include "specs/wheel.hpp"
#include "store/wheel_store.hpp"

namespace launch::probe {
namespace {

std::string machine_of(std::string_view platform) {
  return std::string(platform.substr(platform.find('-') + 1));
}

/// True for a wheel that runs on the platform with some Python.
bool fits_machine(const std::string& tags, std::string_view platform) {
  const auto set = specs::CompressedTags::parse(tags);
  if (!set) return false;
  return std::any_of(set->platforms.begin(), set->platforms.end(), [&](const std::string& each) {
    return each == "any" ||
           (each.find("linux") != std::string::npos && each.ends_with("_" + machine_of(platform)));
  });
}

Result<std::unique_ptr<WheelSource>> open_from(const project::LockedWheel& wheel, const LocateWheel& locate,
                                               const project::Site& site, net::HttpClient& http) {
  const store::WheelStore store(site.store.value);
  TRY_ASSIGN(const auto path, store.find({.name = wheel.file_name, .sha256 = wheel.sha256}));
  if (path) return open_wheel(*path);
  TRY_ASSIGN(auto url, locate(wheel));
  return open_wheel(http, std::move(url), wheel.size);
}

/// "3.12" or "3.13t" of a wheel's first CPython tag; none for another.
std::optional<std::pair<int, bool>> cpython_of(const std::string& tags) {
  const auto set = specs::CompressedTags::parse(tags);
  if (!set || !set->pythons.front().starts_with("cp3")) return {};
  const auto minor = parse_u64(std::string_view(set->pythons.front()).substr(3));
  if (!minor || *minor > 99) return {};
  return std::pair(static_cast<int>(*minor), set->abis.front().ends_with("t"));
}

struct Build {
  const index::IndexFile* file = nullptr;
  specs::WheelName name;
};

/// Builds of the version for the machine.
std::vector<Build> builds_of(const index::ProjectPage& page, const specs::Specifier& wanted,
                             const ReleaseQuery& query) {
  std::vector<Build> builds;
  for (const auto& file : page.files) {
    auto name = specs::WheelName::parse(file.file_name);
    if (!name || !wanted.matches(name->version) || !fits_machine(name->tags, query.platform)) continue;
    if (!query.cuda.empty() && !pytorch::is_built_for(name->version, query.cuda)) continue;
    builds.push_back({&file, std::move(*name)});
  }
  return builds;
}

std::string pythons_of(const std::vector<Build>& builds) {
  std::set<std::pair<int, bool>> all;
  for (const auto& build : builds) {
    if (const auto python = cpython_of(build.name.tags)) all.insert(*python);
  }
  std::vector<std::string> words;
  words.reserve(all.size());
  for (const auto& [minor, threaded] : all)
    words.push_back(fmt::format("3.{}{}", minor, threaded ? "t" : ""));
  return join_words(words);
}

/// The best of the builds: for the Python that is asked for, else for the newest that has a GIL.
Result<const Build*> choose(const std::vector<Build>& builds, const ReleaseQuery& query) {
  if (!query.python) {
    return &*std::max_element(builds.begin(), builds.end(), [](const Build& a, const Build& b) {
      const auto key = [](const Build& build) {
        const auto python = cpython_of(build.name.tags).value_or(std::pair(0, true));
        return std::tuple(!python.second, python.first, build.name.version);
      };
      return key(a) < key(b);
    });
  }
  TRY_ASSIGN(const auto tags,
             specs::supported_tags({*query.python, query.platform, project::kNewestGlibcMinor}));
  const Build* best = nullptr;
  std::optional<std::size_t> best_rank;
  for (const auto& build : builds) {
    const auto rank = specs::best_tag(build.name.tags, tags);
    if (rank && (!best_rank || *rank < *best_rank)) {
      best = &build;
      best_rank = rank;
    }
  }
  if (best != nullptr) return best;
  return fail(usage_error(fmt::format("{} {} has no wheel for Python {} on {}; there are wheels for {}",
                                      query.package, builds.front().name.version.text(), *query.python,
                                      query.platform, pythons_of(builds))));
}

Error no_such_version(const index::ProjectPage& page, const ReleaseQuery& query, const specs::Url& index) {
  std::vector<specs::Version> versions;
  for (const auto& file : page.files) {
    const auto name = specs::WheelName::parse(file.file_name);
    if (name && fits_machine(name->tags, query.platform)) versions.push_back(name->version);
  }
  std::sort(versions.begin(), versions.end(), std::greater<>());
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  std::vector<std::string> newest;
  for (const auto& version : versions) {
    if (newest.size() == 5) break;
    newest.push_back(version.text());
  }
  auto error =
      usage_error(fmt::format("{} has no wheel of {} {}{} for {}", index, query.package, query.version,
                              query.cuda.empty() ? "" : " for " + query.cuda, query.platform));
  if (newest.empty()) return error;
  return std::move(error).hint(fmt::format("the newest there: {}", join(newest, ", ")));
}

Result<std::unique_ptr<WheelSource>> open_release_file(const Build& build, const project::Site& site,
                                                       net::HttpClient& http) {
  if (build.file->sha256) {
    const store::WheelStore store(site.store.value);
    TRY_ASSIGN(const auto path,
               store.find({.name = build.file->file_name, .sha256 = build.file->sha256->hex()}));
    if (path) return open_wheel(*path);
  }
  return open_wheel(http, build.file->url, build.file->size);
}

Error no_wheel_of(const std::string& wanted, const project::Lockfile& lock,
                  const std::vector<project::PlatformWheels>& platforms) {
  std::vector<std::string> names;
  names.reserve(lock.packages.size());
  for (const auto& each : lock.packages) names.push_back(each.name);
  auto error = fmt::format("the lock has no wheel of {}", printable(wanted));
  if (std::find(names.begin(), names.end(), wanted) != names.end()) {
    std::vector<std::string> shown;
    shown.reserve(platforms.size());
    for (const auto& each : platforms) shown.push_back(printable(each.platform));
    return usage_error(fmt::format("{} for {}", error, join_words(shown, "or")));
  }
  const auto near = did_you_mean(wanted, names);
  if (!near) return usage_error(std::move(error));
  return usage_error(std::move(error)).hint(fmt::format("did you mean {}?", *near));
}

}  // namespace

Result<std::vector<OpenedWheels>> open_locked_wheels(const project::Lockfile& lock,
                                                     const std::vector<std::string>& packages,
                                                     const LocateWheel& locate, const project::Site& site,
                                                     net::HttpClient& http) {
  TRY_ASSIGN(const auto platforms, project::pick_for_platforms(lock, packages));
  for (std::size_t i = 0; i < packages.size(); ++i) {
    const bool found = std::any_of(platforms.begin(), platforms.end(),
                                   [&](const auto& each) { return each.picks[i].wheel != nullptr; });
    if (!found) return fail(no_wheel_of(packages[i], lock, platforms));
  }
  std::vector<OpenedWheels> all;
  for (const auto& [platform, picks] : platforms) {
    OpenedWheels opened{platform, {}, {}, {}};
    for (std::size_t i = 0; i < packages.size(); ++i) {
      const auto [package, wheel] = picks[i];
      if (wheel == nullptr) {
        opened.missing.push_back(packages[i]);
        continue;
      }
      const auto version = package->version.text();
      TRY_ASSIGN(auto source, during(open_from(*wheel, locate, site, http),
                                     fmt::format("opening the wheel of {} {}", package->name, version)));
      opened.asked.push_back({package->name, version, wheel->file_name});
      opened.wheels.push_back({package->name + " " + version, std::move(source)});
    }
    all.push_back(std::move(opened));
  }
  return all;
}

Result<OpenedWheels> open_release(const ReleaseQuery& query, const project::Site& site,
                                  net::HttpClient& http) {
  TRY_ASSIGN(const auto wanted, specs::Specifier::parse("==" + query.version));
  const bool general = query.channel == "index";
  auto url = site.index_url.value;
  if (!general) {
    TRY_ASSIGN(url, pytorch::channel_index_url(site.channel_url.value, query.channel, query.cuda));
  }
  std::vector<std::string> links;
  if (general) {
    for (const auto& link : site.find_links) links.push_back(link.value);
  }
  index::IndexClient client(http,
                            {.url = url, .find_links = std::move(links), .forbidden_is_missing = !general});
  TRY_ASSIGN(const auto page, client.page(query.package));
  if (!page) return fail(usage_error(fmt::format("{} has no project {}", url, query.package)));
  const auto builds = builds_of(*page, wanted, query);
  if (builds.empty()) return fail(no_such_version(*page, query, url));
  TRY_ASSIGN(const auto* build, choose(builds, query));
  OpenedWheels opened{query.platform, {}, {}, {}};
  const auto version = build->name.version.text();
  TRY_ASSIGN(auto source, during(open_release_file(*build, site, http),
                                 fmt::format("opening the wheel of {} {}", query.package, version)));
  opened.asked.push_back({query.package, version, build->file->file_name});
  opened.wheels.push_back({query.package + " " + version, std::move(source)});
  return opened;
}

}  // namespace launch::probe
