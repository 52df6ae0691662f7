#include "locking/explain.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "locking/absence.hpp"
#include "locking/source_only.hpp"
#include "locking/target_provider.hpp"
#include "pytorch/channel.hpp"
#include "resolve/problem.hpp"

namespace launch::locking {
namespace {

std::string label(const std::string& package, const specs::Version& version) {
  return fmt::format("{} {}", package, version.text());
}

Need need_of(const std::string& by, const std::string& requirement) {
  return {by, requirement, fmt::format("{} requires {}", by, requirement)};
}

std::string text_of(const std::vector<Need>& needs) {
  std::vector<std::string> texts;
  texts.reserve(needs.size());
  for (const auto& need : needs) texts.push_back(need.text);
  return join_words(texts);
}

const Pick& pick_of(const TargetSolution& solution, const std::string& package) {
  return solution.picks.at(package);
}

const specs::Version& version_of(const TargetSolution& solution, const std::string& package) {
  return pick_of(solution, package).wheel.build->version;
}

/// A package of the solution, or the recipe, with what it requires.
struct Requirer {
  std::string name;   // empty: the recipe
  std::string label;  // "app 1.0"
  const std::vector<specs::Requirement>* requirements = nullptr;
};

std::vector<Requirer> requirers(const TargetSolution& solution, const std::string& recipe) {
  std::vector<Requirer> out = {{"", recipe, &solution.provider->bounds().requirements()}};
  for (const auto& [name, pick] : solution.picks)
    out.push_back({name, label(name, pick.wheel.build->version), &pick.requirements});
  return out;
}

/// A requirement of a package, or a bound of the recipe.
struct Found {
  Need need;
  const specs::SpecifierSet* allowed = nullptr;
};

std::vector<Found> requirements_of(const TargetSolution& solution, const std::string& recipe,
                                   const std::string& package) {
  std::vector<Found> out;
  for (const auto& requirer : requirers(solution, recipe)) {
    if (requirer.name == package) continue;
    for (const auto& requirement : *requirer.requirements) {
      if (requirement.name != package) continue;
      const auto need = need_of(requirer.label, resolve::requirement_text(requirement));
      const bool known =
          std::any_of(out.begin(), out.end(), [&](const Found& one) { return one.need == need; });
      if (!known) out.push_back({need, &requirement.specifier});
    }
  }
  for (const auto& bound : solution.provider->bounds().for_solver()) {
    if (bound.package != package) continue;
    out.push_back({{recipe, package + bound.specifier.text(), fmt::format("{} has {}", recipe, bound.text())},
                   &bound.specifier});
  }
  return out;
}

/// The shortest chain of requirements from the recipe to the package.
std::vector<Need> chain_to(const TargetSolution& solution, const std::string& recipe,
                           const std::string& package) {
  const auto all = requirers(solution, recipe);
  std::map<std::string, std::pair<std::string, Need>> reached;  // from where, by what
  std::deque<std::string> next = {""};
  while (!next.empty() && reached.count(package) == 0) {
    const auto from = next.front();
    next.pop_front();
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const Requirer& one) { return one.name == from; });
    for (const auto& requirement : *at->requirements) {
      const auto& name = requirement.name;
      if (name == from || solution.picks.count(name) == 0) continue;
      const auto need = need_of(at->label, resolve::requirement_text(requirement));
      if (reached.emplace(name, std::pair(from, need)).second) next.push_back(name);
    }
  }
  std::deque<Need> chain;
  for (auto at = reached.find(package); at != reached.end(); at = reached.find(at->second.first))
    chain.push_front(at->second.second);
  return {chain.begin(), chain.end()};
}

/// The newest of the versions that may be chosen.
std::optional<specs::Version> newest_of(const std::vector<specs::Version>& versions, bool prereleases) {
  std::optional<specs::Version> newest;
  for (const auto& version : versions) {
    if (version.is_prerelease() && !prereleases) continue;
    if (!newest || *newest < version) newest = version;
  }
  return newest;
}

/// The versions that another solution has otherwise: "other 2.0 in place of 3.0".
std::vector<std::string> differences(const TargetSolution& solution,
                                     const std::map<std::string, resolve::Chosen>& other,
                                     const std::string& package) {
  std::vector<std::string> out;
  for (const auto& [name, pick] : solution.picks) {
    const auto at = other.find(name);
    if (name == package || at == other.end() || at->second.version == pick.wheel.build->version) continue;
    out.push_back(
        fmt::format("{} in place of {}", label(name, at->second.version), pick.wheel.build->version.text()));
  }
  return out;
}

std::string few(std::vector<std::string> texts) {
  constexpr std::size_t kMost = 4;
  if (texts.size() > kMost) {
    const auto more = texts.size() - kMost;
    texts.resize(kMost);
    texts.push_back(fmt::format("{} more", more));
  }
  return join_words(texts);
}

specs::Requirement exactly(const std::string& package, const specs::Version& version) {
  return *specs::Requirement::parse(fmt::format("{}=={}", package, version.text()));
}

}  // namespace

bool Explainer::was_locked(const std::string& package, const specs::Version& version) const {
  if (world_.previous == nullptr) return false;
  const auto& packages = world_.previous->packages;
  return std::any_of(packages.begin(), packages.end(), [&](const project::LockedPackage& one) {
    return one.name == package && one.version == version;
  });
}

Result<Explanation> Explainer::explain(const std::string& package) {
  Explanation explanation{.package = package, .reasons = {}, .only_if = {}, .locked = {}};
  std::set<std::string> locked;
  for (const auto& solution : world_.solutions) {
    for (const auto& [name, pick] : solution.picks) locked.insert(name);
    if (solution.picks.count(package) == 0) continue;
    TRY_ASSIGN(auto reason, reason_on(solution, package));
    const auto same = [&](const VersionReason& one) {
      return one.version == reason.version && one.required_by == reason.required_by &&
             one.newer == reason.newer;
    };
    auto& reasons = explanation.reasons;
    const auto at = std::find_if(reasons.begin(), reasons.end(), same);
    if (at == reasons.end()) {
      reasons.push_back(std::move(reason));
    } else {
      at->platforms.push_back(solution.target->platform());
    }
  }
  explanation.locked.assign(locked.begin(), locked.end());
  if (explanation.reasons.empty()) {
    TRY_ASSIGN(explanation.only_if, only_if(package));
  }
  return explanation;
}

Result<VersionReason> Explainer::reason_on(const TargetSolution& solution, const std::string& package) {
  VersionReason reason;
  reason.platforms = {solution.target->platform()};
  reason.version = version_of(solution, package);
  reason.index = pick_of(solution, package).wheel.listing->index;
  reason.chain = chain_to(solution, world_.recipe.name, package);
  for (auto& found : requirements_of(solution, world_.recipe.name, package))
    reason.required_by.push_back(std::move(found.need));
  TRY(explain_version(solution, package, reason));
  return reason;
}

Result<void> Explainer::explain_version(const TargetSolution& solution, const std::string& package,
                                        VersionReason& reason) {
  auto& provider = *solution.provider;
  const auto& listing = *pick_of(solution, package).wheel.listing;
  if (listing.from_channel && world_.day && pytorch::nightly_day(reason.version)) {
    explain_night(package, reason);
    return {};
  }
  TRY_ASSIGN(const auto versions, provider.versions(package));
  const bool prereleases = reason.version.is_prerelease() || provider.takes_prereleases(package);
  const auto newest = newest_of(versions, prereleases);
  if (!newest || *newest <= reason.version) {
    explain_newest(solution, package, reason);
    return {};
  }
  reason.newer = newest;
  const auto found = requirements_of(solution, world_.recipe.name, package);
  for (const auto& version : versions) {
    // One that everything here allows comes before one that is newer still.
    const bool counts = reason.version < version && (!version.is_prerelease() || prereleases) &&
                        std::all_of(found.begin(), found.end(),
                                    [&](const Found& one) { return one.allowed->matches(version); });
    if (counts) reason.newer = version;
  }
  return explain_older(solution, package, reason);
}

/// The version is not the newest that has a wheel.
Result<void> Explainer::explain_older(const TargetSolution& solution, const std::string& package,
                                      VersionReason& reason) {
  const auto newer = label(package, *reason.newer);
  for (auto& found : requirements_of(solution, world_.recipe.name, package)) {
    if (!found.allowed->matches(*reason.newer)) reason.blocked_by.push_back(std::move(found.need));
  }
  const bool by_recipe = std::any_of(reason.blocked_by.begin(), reason.blocked_by.end(),
                                     [&](const Need& need) { return need.by == world_.recipe.name; });
  if (!reason.blocked_by.empty()) reason.why = text_of(reason.blocked_by);
  if (by_recipe) {
    reason.for_newer =
        fmt::format("change what the recipe {} requires, to allow {}", world_.recipe.name, newer);
    return {};
  }
  TRY_ASSIGN(const auto trial, world_.solve_with(solution, exactly(package, *reason.newer)));
  if (!trial.solution) {
    const auto premises = reason_of(trial.conflict);
    if (reason.why.empty()) reason.why = premises;
    if (reason.why != premises) reason.for_newer = fmt::format("{} cannot be had: {}", newer, premises);
    return {};
  }
  const auto others = differences(solution, *trial.solution, package);
  if (reason.why.empty() && was_locked(package, reason.version)) {
    reason.why = "the lock has it, and it still fits";
    reason.for_newer = fmt::format("run `launch lock {} --upgrade {}`", world_.recipe.name, package);
    return {};
  }
  if (reason.why.empty()) reason.why = fmt::format("{} would need {}", newer, few(others));
  reason.for_newer = others.empty() ? fmt::format("require {} in the recipe", newer)
                                    : fmt::format("{} goes with {}", newer, few(others));
  return {};
}

/// Nothing newer has a wheel that fits.
void Explainer::explain_newest(const TargetSolution& solution, const std::string& package,
                               VersionReason& reason) {
  const auto& listing = *pick_of(solution, package).wheel.listing;
  reason.why = fmt::format("it is the newest with a wheel for {}", solution.target->text());
  std::optional<specs::Version> unfit;
  for (const auto& build : listing.builds) {
    const bool counts =
        reason.version < build.version && (!build.version.is_prerelease() || reason.version.is_prerelease());
    if (counts && (!unfit || *unfit < build.version)) unfit = build.version;
  }
  const auto source = newest_source_only(listing, [&](const specs::Version& version) {
    return reason.version < version && !version.is_prerelease();
  });
  if (source && (!unfit || *unfit < *source)) {
    reason.for_newer = fmt::format("{} has only a source archive", label(package, *source));
  } else if (unfit) {
    reason.for_newer = solution.provider->absence(package, exactly(package, *unfit).specifier).text;
  }
}

void Explainer::explain_night(const std::string& package, VersionReason& reason) const {
  const auto& torch = world_.recipe.torch;
  const auto day = world_.day->text();
  const auto& kept = world_.previous == nullptr ? std::nullopt : world_.previous->provenance.date;
  reason.why = fmt::format("it is of the nightly of {}", day);
  if (torch.date) {
    reason.why += ", the date that was asked for";
    reason.for_newer = "ask for another date";
    return;
  }
  const auto newer = std::find_if(world_.passed_over.rbegin(), world_.passed_over.rend(),
                                  [&](const PassedOver& one) { return *world_.day < one.day; });
  if (newer != world_.passed_over.rend()) {
    reason.for_newer = fmt::format("the nightly of {} was skipped: {}", newer->day.text(), newer->reason);
  } else if (kept == world_.day) {
    reason.why += ", which the lock has";
    reason.for_newer = fmt::format("run `launch lock {} --upgrade {}`", world_.recipe.name, package);
  } else if (torch.as_of) {
    reason.why +=
        fmt::format(", the newest up to {} with everything that the recipe requires", torch.as_of->text());
  } else {
    reason.why += ", the newest with everything that the recipe requires";
  }
}

Result<std::vector<Need>> Explainer::only_if(const std::string& package) {
  std::vector<Need> out;
  const auto add = [&](const std::string& by, const specs::Requirement& requirement) {
    const auto need = need_of(by, requirement.text());
    if (requirement.name == package && std::find(out.begin(), out.end(), need) == out.end())
      out.push_back(need);
  };
  for (const auto* list : {&world_.recipe.torch.packages, &world_.recipe.packages}) {
    for (const auto& requirement : *list) add(world_.recipe.name, requirement);
  }
  for (const auto& solution : world_.solutions) {
    for (const auto& [name, pick] : solution.picks) {
      TRY_ASSIGN(const auto* metadata, solution.provider->metadata(name, pick.wheel.build->version));
      for (const auto& requirement : metadata->requires_dist)
        add(label(name, pick.wheel.build->version), requirement);
    }
  }
  return out;
}

}  // namespace launch::locking
