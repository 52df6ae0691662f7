#include "locking/solution.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "locking/source_only.hpp"

namespace launch::locking {
namespace {

using Wanted = std::map<std::string, std::vector<specs::SpecifierSet>>;

/// The packages of which a newer version that everything `wanted` accepts has only a source archive.
void find_source_only(TargetSolution& solution, const Wanted& wanted) {
  for (const auto& [name, pick] : solution.picks) {
    const auto& locked = pick.wheel.build->version;
    const auto at = wanted.find(name);
    const auto newest = newest_source_only(*pick.wheel.listing, [&](const specs::Version& version) {
      return locked < version && !version.is_prerelease() &&
             (at == wanted.end() ||
              std::all_of(at->second.begin(), at->second.end(),
                          [&](const specs::SpecifierSet& set) { return set.matches(version); }));
    });
    if (newest) solution.source_only.push_back({name, locked, *newest});
  }
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
  return solution;
}

}  // namespace launch::locking
