#include "locking/lock_assembly.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::locking {
namespace {

/// Where a version is needed: by machine, the patch releases of Python.
using Places = std::map<std::string, specs::PatchSet>;

/// `platform_machine == "x86_64"`, `python_full_version < "3.12.4"`, both, or several of these; "" if it is
/// needed on all `targets`.
std::string places_marker(const Places& places, std::size_t targets, const specs::Interpreter& python) {
  const auto& first = places.begin()->second;
  const bool alike =
      std::all_of(places.begin(), places.end(), [&](const auto& place) { return place.second == first; });
  if (alike && places.size() == targets) return specs::patches_marker(first, python);
  std::vector<std::string> parts;
  for (const auto& [machine, patches] : places) {
    auto part = fmt::format("platform_machine == \"{}\"", machine);
    const auto when = specs::patches_marker(patches, python);
    if (!when.empty()) part += " and " + when;
    parts.push_back(std::move(part));
  }
  return join(parts, " or ");
}

void add_pick(std::map<specs::Version, std::pair<project::LockedPackage, Places>>& versions,
              const std::string& name, const Pick& pick, const LockTarget& target,
              const project::Recipe& recipe) {
  auto& [package, places] = versions[pick.wheel.build->version];
  package.name = name;
  package.version = pick.wheel.build->version;
  const bool of_git = pick.built != nullptr && pick.built->record->git;
  if (!recipe.lock.by_path && !of_git) package.index = pick.wheel.listing->index.text();
  places[target.platform().machine()] = pick.patches;
  std::set<std::string> dependencies(package.dependencies.begin(), package.dependencies.end());
  dependencies.insert(pick.dependencies.begin(), pick.dependencies.end());
  package.dependencies.assign(dependencies.begin(), dependencies.end());
  if (pick.built != nullptr) {
    package.sdist = pick.built->sdist;
    package.build = pick.built->record;
  }
  const auto file =
      pick.built != nullptr ? pick.built->wheel : locked_file(pick.wheel.file(), recipe.lock.by_path);
  const auto same = [&](const project::LockedWheel& wheel) { return wheel.file_name == file.file_name; };
  if (std::none_of(package.wheels.begin(), package.wheels.end(), same)) package.wheels.push_back(file);
}

}  // namespace

project::LockedFile locked_file(const index::IndexFile& file, bool by_path) {
  project::LockedFile out;
  out.file_name = file.file_name;
  if (by_path) {
    out.path = "wheels/" + file.file_name;
  } else {
    out.url = file.url;
  }
  out.size = file.size.value_or(0);
  out.sha256 = file.sha256;
  out.upload_time = file.upload_time;
  return out;
}

std::string environment_marker(const LockTarget& target) {
  const auto& environment = target.environment();
  return fmt::format("python_version == \"{}\" and sys_platform == \"{}\" and platform_machine == \"{}\"",
                     environment.python_version, environment.sys_platform, environment.platform_machine);
}

std::vector<project::LockedPackage> merge(const project::Recipe& recipe,
                                          const std::vector<TargetSolution>& solutions) {
  std::map<std::string, std::map<specs::Version, std::pair<project::LockedPackage, Places>>> names;
  for (const auto& solution : solutions) {
    for (const auto& [name, pick] : solution.picks)
      add_pick(names[name], name, pick, *solution.target, recipe);
  }
  std::vector<project::LockedPackage> out;
  for (auto& [name, versions] : names) {
    for (auto& [version, entry] : versions) {
      auto& [package, places] = entry;
      auto marker = places_marker(places, solutions.size(), recipe.python);
      if (!marker.empty()) package.marker = std::move(marker);
      out.push_back(std::move(package));
    }
  }
  return out;
}

}  // namespace launch::locking
