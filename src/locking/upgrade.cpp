#include "locking/upgrade.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "pytorch/channel.hpp"

namespace launch::locking {
namespace {

/// True if an upgrade of these packages moves the nightly: one that the recipe takes from the channel is
/// locked in a nightly build.
bool moves_night(const std::set<std::string>& upgraded, const project::Recipe& recipe,
                 const project::Lockfile& previous) {
  const auto of_channel = [&](const std::string& name) {
    const auto& torch = recipe.torch.packages;
    return std::any_of(torch.begin(), torch.end(), [&](const auto& one) { return one.name == name; });
  };
  return std::any_of(previous.packages.begin(), previous.packages.end(), [&](const auto& package) {
    return upgraded.count(package.name) != 0 && of_channel(package.name) &&
           pytorch::nightly_day(package.version);
  });
}

}  // namespace

LockRequest prepared(LockRequest request) {
  auto& torch = request.recipe.torch;
  if (request.night) {
    torch.date = request.night->date;
    torch.as_of = request.night->as_of;
  }
  if (!request.previous) return request;
  auto& previous = *request.previous;
  auto& kept = previous.provenance.date;
  if (moves_night(request.upgrade_only, request.recipe, previous)) kept.reset();
  if (request.night && kept != request.night->date) kept.reset();
  std::erase_if(previous.packages, [&](const project::LockedPackage& package) {
    return request.upgrade_only.count(package.name) != 0;
  });
  return request;
}

std::vector<specs::Requirement> upgraded_requirements(const LockRequest& asked) {
  std::map<std::string, specs::Requirement> out;
  if (!asked.previous) return {};
  for (const auto& package : asked.previous->packages) {
    if (asked.upgrade_only.count(package.name) != 0) out[package.name].name = package.name;
  }
  std::vector<specs::Requirement> requirements;
  requirements.reserve(out.size());
  for (auto& [name, requirement] : out) requirements.push_back(std::move(requirement));
  return requirements;
}

Preferences preferring(const std::map<std::string, resolve::Chosen>& versions, Preferences preferences) {
  for (const auto& [name, chosen] : versions) {
    auto& preferred = preferences[name];
    preferred.insert(preferred.begin(), chosen.version);
  }
  return preferences;
}

Result<std::vector<Stayed>> stayed_of(const LockRequest& asked, const ExplainedWorld& world) {
  std::vector<Stayed> out;
  if (!asked.previous || asked.upgrade) return out;
  for (const auto& package : asked.previous->packages) {
    if (asked.upgrade_only.count(package.name) == 0) continue;
    const auto& solutions = world.solutions;
    const bool has_it = std::any_of(solutions.begin(), solutions.end(), [&](const TargetSolution& solution) {
      const auto pick = solution.picks.find(package.name);
      return pick != solution.picks.end() && pick->second.wheel.build->version == package.version;
    });
    if (!has_it) continue;
    TRY_ASSIGN(const auto explanation, Explainer(world).explain(package.name));
    const auto reason = std::find_if(explanation.reasons.begin(), explanation.reasons.end(),
                                     [&](const auto& one) { return one.version == package.version; });
    out.push_back({package.name, package.version, reason->why});
  }
  return out;
}

}  // namespace launch::locking
