#include "locking/remarks.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "locking/target_provider.hpp"

namespace launch::locking {
namespace {

using Wanted = std::map<std::string, std::vector<specs::SpecifierSet>>;

bool accept(const Wanted& wanted, const std::string& name, const specs::Version& version) {
  const auto at = wanted.find(name);
  return at == wanted.end() ||
         std::all_of(at->second.begin(), at->second.end(),
                     [&](const specs::SpecifierSet& set) { return set.matches(version); });
}

/// What the recipe and the locked versions require, by package.
Wanted wanted_of(const TargetSolution& solution) {
  Wanted wanted;
  const auto& bounds = solution.provider->bounds();
  for (const auto& one : bounds.requirements()) wanted[one.name].push_back(one.specifier);
  for (const auto& one : bounds.for_solver()) wanted[one.package].push_back(one.specifier);
  for (const auto& [name, pick] : solution.picks) {
    for (const auto& one : pick.requirements) wanted[one.name].push_back(one.specifier);
  }
  return wanted;
}

/// The packages of which a newer version that everything `wanted` accepts has only a source archive.
std::vector<SourceOnly> source_only_of(const TargetSolution& solution, const Wanted& wanted) {
  std::vector<SourceOnly> found;
  for (const auto& [name, pick] : solution.picks) {
    const auto& locked = pick.wheel.build->version;
    const auto& package = name;
    const auto newest = newest_source_only(*pick.wheel.listing, [&](const specs::Version& version) {
      return locked < version && !version.is_prerelease() && accept(wanted, package, version);
    });
    if (newest) found.push_back({name, locked, *newest});
  }
  return found;
}

/// The requirement of a version that only a source archive meets; nullopt if there is none.
Result<std::optional<specs::Requirement>> only_by_archive(TargetProvider& provider, const std::string& name,
                                                          const specs::Version& version) {
  TRY_ASSIGN(const auto dependencies, provider.dependencies(name, version, {}));
  for (const auto& requirement : dependencies.requirements) {
    TRY_ASSIGN(const auto offered, provider.versions(requirement.name));
    const bool met = std::any_of(offered.begin(), offered.end(), [&](const specs::Version& one) {
      return requirement.specifier.matches(one);
    });
    if (!met && provider.only_archives(requirement.name, requirement.specifier)) return requirement;
  }
  return std::nullopt;
}

/// The packages of which a newer version was left because of what only a source archive meets. Those that are
/// kept from a lock were not looked for.
Result<std::vector<HeldBack>> held_back_of(const TargetSolution& solution, const Wanted& wanted) {
  std::vector<HeldBack> found;
  auto& provider = *solution.provider;
  for (const auto& [name, pick] : solution.picks) {
    const auto& locked = pick.wheel.build->version;
    if (provider.prefers(name, locked)) continue;
    TRY_ASSIGN(const auto versions, provider.versions(name));
    const auto& package = name;
    const auto newest = std::find_if(versions.rbegin(), versions.rend(), [&](const specs::Version& version) {
      return locked < version && !version.is_prerelease() && accept(wanted, package, version);
    });
    if (newest == versions.rend() || is_archive(*provider.wheel(name, *newest).build)) continue;
    TRY_ASSIGN(const auto needed, only_by_archive(provider, name, *newest));
    if (needed)
      found.push_back({name, locked, *newest, needed->name + needed->specifier.text(), needed->name});
  }
  return found;
}

}  // namespace

Result<Remarks> remarks_on(const std::vector<TargetSolution>& solutions) {
  Remarks remarks;
  std::set<std::pair<std::string, std::string>> seen;  // what and whose
  for (const auto& solution : solutions) {
    const auto wanted = wanted_of(solution);
    for (auto& one : source_only_of(solution, wanted)) {
      if (seen.emplace("source archive", one.package).second) remarks.source_only.push_back(std::move(one));
    }
    TRY_ASSIGN(auto held_back, held_back_of(solution, wanted));
    for (auto& one : held_back) {
      if (seen.emplace("held back", one.package).second) remarks.held_back.push_back(std::move(one));
    }
    for (const auto& [name, pick] : solution.picks) {
      const auto& version = pick.wheel.build->version;
      const auto& yanked = pick.wheel.file().yanked;
      if (yanked && seen.emplace("yanked version", name).second)
        remarks.yanked.push_back({name, version, *yanked});
      if (pick.extras.empty()) continue;
      TRY_ASSIGN(const auto* metadata, solution.provider->metadata(name, version));
      const auto& known = metadata->provides_extra;
      for (const auto& extra : pick.extras) {
        if (known.count(extra) == 0 && seen.emplace(extra, name).second)
          remarks.unknown_extras.push_back({name, version, extra, {known.begin(), known.end()}});
      }
    }
  }
  return remarks;
}

}  // namespace launch::locking
