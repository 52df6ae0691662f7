// What a build from source sees: its build requirements and, without isolation, what the recipe locks.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "locking/lock_assembly.hpp"
#include "locking/refusal.hpp"
#include "locking/source_packages.hpp"
#include "locking/target_provider.hpp"
#include "locking/wheel_completion.hpp"
#include "resolve/pubgrub.hpp"
#include "store/fetch.hpp"

namespace launch::locking {
namespace {

void add_without(std::vector<specs::Requirement>& out, const std::vector<specs::Requirement>& more,
                 const std::map<std::string, project::Recipe::Build>& left_out) {
  std::copy_if(more.begin(), more.end(), std::back_inserter(out),
               [&](const specs::Requirement& one) { return !left_out.contains(one.name); });
}

}  // namespace

/// A recipe of what the build sees.
project::Recipe SourcePackages::environment_of(const std::string& package, const std::string& version,
                                               std::vector<specs::Requirement> requirements,
                                               const Opened& opened) const {
  auto environment = recipe_;
  environment.name = fmt::format("the build of {} {}", package, version);
  environment.torch.packages.clear();
  environment.packages = std::move(requirements);
  environment.packages.push_back(specs::Requirement::parse("pip").value());
  if (how(package).isolation) {
    environment.lock.constraints.clear();
    environment.lock.overrides.clear();
    return environment;
  }
  const auto& own = recipe_.lock.build;
  add_without(environment.torch.packages, recipe_.torch.packages, own);
  add_without(environment.packages, recipe_.packages, own);
  // Not final, but the best that is known of what will be locked with it.
  if (opened.metadata) add_without(environment.packages, opened.metadata->core.requires_dist, own);
  return environment;
}

Result<SourcePackages::Needs> SourcePackages::resolve_needs(const project::Recipe& environment,
                                                            bool isolated) {
  Preferences preferred;
  for (const auto& [name, version] : wanted_) preferred[name].push_back(version);
  if (!isolated && previous_ != nullptr) {
    for (const auto& package : previous_->packages) preferred[package.name].push_back(package.version);
  }
  const auto found_by =
      std::make_shared<TargetProvider>(environment, outside_.source, *own_, preferred, night_);
  auto& provider = *found_by;
  provider.build_from(*this, isolated ? TargetProvider::Sources::built : TargetProvider::Sources::left_out);
  const auto& bounds = provider.bounds();
  TRY_ASSIGN(const auto outcome,
             resolve::solve(environment.name, bounds.requirements(), provider, bounds.for_solver()));
  if (!outcome.solution) return fail(error_of({&*own_, outcome.conflict}, environment.name, outside_.source));
  TargetSolution solution{.target = &*own_, .provider = found_by, .picks = {}};
  for (const auto& [name, chosen] : *outcome.solution) {
    Pick pick;
    pick.wheel = provider.wheel(name, chosen.version);
    if (is_archive(*pick.wheel.build)) {
      TRY_ASSIGN(pick.built, built(pick.wheel, *own_));
    }
    solution.picks.emplace(name, std::move(pick));
  }
  return fetch_needs({std::move(solution)}, environment);
}

Result<SourcePackages::Needs> SourcePackages::fetch_needs(const std::vector<TargetSolution>& solutions,
                                                          const project::Recipe& environment) {
  Needs needs;
  needs.packages = merge(environment, solutions);
  TRY_ASSIGN(const auto refused, complete_wheels(needs.packages, solutions,
                                                 {.previous = previous_,
                                                  .recipe = recipe_.name,
                                                  .http = outside_.http,
                                                  .store = outside_.store,
                                                  .work = outside_.work}));
  if (!refused.empty()) {
    const auto& first = refused.front();
    return fail(environment_error(
        fmt::format("{} {} cannot be used: {}", first.package, first.version.text(), first.reason)));
  }
  std::vector<store::Artifact> wanted;
  for (const auto& package : needs.packages) {
    const auto& pick = solutions.front().picks.at(package.name);
    const auto& wheel = package.wheels.front();
    wanted.push_back({.name = wheel.file_name,
                      .sha256 = *wheel.sha256,
                      .size = wheel.size,
                      .url = pick.built == nullptr ? std::optional(pick.wheel.file().url) : std::nullopt});
    needs.files.push_back(wheel);
    needs.files.back().upload_time.reset();
  }
  TRY_ASSIGN(auto fetched, store::fetch(outside_.store, wanted, outside_.http, outside_.work));
  needs.paths = std::move(fetched.paths);
  return needs;
}

}  // namespace launch::locking
