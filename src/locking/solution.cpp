#include "locking/solution.hpp"

#include <set>
#include <utility>
#include <vector>

#include "locking/target_provider.hpp"

namespace launch::locking {
Result<TargetSolution> solution_of(const std::map<std::string, resolve::Chosen>& chosen_versions,
                                   std::shared_ptr<TargetProvider> found_by, const LockTarget& target) {
  TargetSolution solution;
  solution.target = &target;
  solution.provider = std::move(found_by);
  auto& provider = *solution.provider;
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
        pick.requirements.push_back(requirement);
      }
    }
    solution.picks.emplace(name, std::move(pick));
  }
  return solution;
}

}  // namespace launch::locking
