#include "locking/solution.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "locking/absence.hpp"
#include "locking/source_only.hpp"
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

/// The packages of which a newer version that everything `wanted` accepts has only a source archive.
void find_source_only(TargetSolution& solution, const Wanted& wanted) {
  for (const auto& [name, pick] : solution.picks) {
    const auto& locked = pick.wheel.build->version;
    const auto& package = name;
    const auto newest = newest_source_only(*pick.wheel.listing, [&](const specs::Version& version) {
      return locked < version && !version.is_prerelease() && accept(wanted, package, version);
    });
    if (newest) solution.source_only.push_back({name, locked, *newest});
  }
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
    if (!met && provider.absence(requirement.name, requirement.specifier).text.ends_with(kOnlyArchive))
      return requirement;
  }
  return std::nullopt;
}

/// The packages of which a newer version was left because of what only a source archive meets. Those that are
/// kept from a lock were not looked for.
Result<void> find_held_back(TargetSolution& solution, const Wanted& wanted) {
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
      solution.held_back.push_back(
          {name, locked, *newest, needed->name + needed->specifier.text(), needed->name});
  }
  return {};
}

}  // namespace

Result<TargetSolution> solution_of(const std::map<std::string, resolve::Chosen>& chosen_versions,
                                   std::shared_ptr<TargetProvider> found_by, const LockTarget& target) {
  TargetSolution solution;
  solution.target = &target;
  solution.provider = std::move(found_by);
  auto& provider = *solution.provider;
  Wanted wanted;
  for (const auto& requirement : provider.bounds().requirements())
    wanted[requirement.name].push_back(requirement.specifier);
  for (const auto& bound : provider.bounds().for_solver()) wanted[bound.package].push_back(bound.specifier);
  for (const auto& [name, chosen] : chosen_versions) {
    Pick pick;
    pick.wheel = provider.wheel(name, chosen.version);
    pick.extras = chosen.extras;
    auto extras = chosen.extras;
    extras.insert("");
    for (const auto& extra : extras) {
      const auto asked = extra.empty() ? std::set<std::string>{} : std::set<std::string>{extra};
      TRY_ASSIGN(const auto dependencies, provider.dependencies(name, chosen.version, asked));
      for (const auto& requirement : dependencies.requirements) {
        if (requirement.name != name) pick.dependencies.insert(requirement.name);
        wanted[requirement.name].push_back(requirement.specifier);
        pick.requirements.push_back(requirement);
      }
    }
    solution.picks.emplace(name, std::move(pick));
  }
  find_source_only(solution, wanted);
  TRY(find_held_back(solution, wanted));
  return solution;
}

}  // namespace launch::locking
