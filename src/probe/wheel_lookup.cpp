#include "probe/wheel_lookup.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "probe/build_choice.hpp"
#include "project/platform_wheels.hpp"
#include "pytorch/builds.hpp"
#include "pytorch/channel.hpp"
#include "specs/specifier.hpp"

namespace launch::probe {
namespace {

Result<std::unique_ptr<WheelSource>> open_from(const project::LockedWheel& wheel, const LocateWheel& locate,
                                               const store::Store& store, net::HttpClient& http) {
  TRY_ASSIGN(const auto path, store.find(*wheel.sha256, wheel.file_name));
  if (path) return open_wheel(*path);
  TRY_ASSIGN(auto url, locate(wheel));
  return open_wheel(http, std::move(url), wheel.size);
}

/// Errors (input): no wheel for the requested Python; lists those that have one.
Result<const pytorch::Build*> choose(const std::vector<pytorch::Build>& builds, const ReleaseQuery& query) {
  if (const auto* best = best_build(builds, query)) return best;
  return fail(input_error(fmt::format("{} {} has no wheel for Python {} on {}; it has wheels for {}",
                                      query.package, builds.front().version.text(), query.python->text(),
                                      query.platform.text(), pythons_of(builds))));
}

Error no_such_version(const std::vector<pytorch::Build>& builds, const ReleaseQuery& query,
                      const specs::Url& index) {
  std::vector<specs::Version> versions;
  versions.reserve(builds.size());
  for (const auto& build : builds) versions.push_back(build.version);
  std::sort(versions.begin(), versions.end(), std::greater<>());
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  std::vector<std::string> newest;
  for (const auto& version : versions) {
    if (newest.size() == 5) break;
    newest.push_back(version.text());
  }
  auto error =
      input_error(fmt::format("{} has no wheel of {} {}{} for {}", index, query.package, query.version,
                              query.cuda ? " for " + query.cuda->text() : "", query.platform.text()));
  if (newest.empty()) return error;
  return std::move(error).hint(fmt::format("the newest versions there: {}", join(newest, ", ")));
}

Result<std::unique_ptr<WheelSource>> open_release_file(const index::IndexFile& file,
                                                       const store::Store& store, net::HttpClient& http) {
  if (file.sha256) {
    TRY_ASSIGN(const auto path, store.find(*file.sha256, file.file_name));
    if (path) return open_wheel(*path);
  }
  return open_wheel(http, file.url, file.size);
}

Error no_wheel_of(const std::string& wanted, const project::Lockfile& lock,
                  const std::vector<project::PlatformWheels>& platforms) {
  std::vector<std::string> names;
  names.reserve(lock.packages.size());
  for (const auto& each : lock.packages) names.push_back(each.name);
  auto error = fmt::format("the lock has no wheel of {}", wanted);
  if (std::find(names.begin(), names.end(), wanted) != names.end()) {
    std::vector<std::string> shown;
    shown.reserve(platforms.size());
    for (const auto& each : platforms) shown.push_back(each.platform.text());
    return input_error(fmt::format("{} for {}", error, join_words(shown, "or")));
  }
  const auto near = did_you_mean(wanted, names);
  if (!near) return input_error(std::move(error));
  return input_error(std::move(error)).hint(fmt::format("did you mean {}?", *near));
}

}  // namespace

Result<std::vector<OpenedWheels>> open_locked_wheels(const project::Lockfile& lock,
                                                     const std::vector<std::string>& packages,
                                                     const LocateWheel& locate, const store::Store& store,
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
      TRY_ASSIGN(auto source, during(open_from(*wheel, locate, store, http),
                                     fmt::format("opening the wheel of {} {}", package->name, version)));
      opened.asked.push_back({package->name, version, wheel->file_name});
      opened.wheels.push_back({package->name + " " + version, std::move(source)});
    }
    all.push_back(std::move(opened));
  }
  return all;
}

Result<OpenedWheels> open_release(const ReleaseQuery& query, const project::Site& site,
                                  const store::Store& store, net::HttpClient& http) {
  TRY_ASSIGN(const auto wanted, specs::Specifier::parse("==" + query.version));
  TRY_ASSIGN(const auto found, find_page(query, site, http));
  const auto for_machine = builds_for(found.page, query.platform);
  std::vector<pytorch::Build> builds;
  for (const auto& build : for_machine) {
    const bool of_cuda = !query.cuda || pytorch::is_built_for(build.version, *query.cuda);
    if (of_cuda && wanted.matches(build.version)) builds.push_back(build);
  }
  if (builds.empty()) return fail(no_such_version(for_machine, query, found.index));
  TRY_ASSIGN(const auto* build, choose(builds, query));
  OpenedWheels opened{query.platform, {}, {}, {}};
  const auto& file = found.page.files[build->file];
  const auto version = build->version.text();
  TRY_ASSIGN(auto source, during(open_release_file(file, store, http),
                                 fmt::format("opening the wheel of {} {}", query.package, version)));
  opened.asked.push_back({query.package, version, file.file_name});
  opened.wheels.push_back({query.package + " " + version, std::move(source)});
  return opened;
}

}  // namespace launch::probe
