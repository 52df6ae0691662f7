#include "locking/resolve_lock.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "locking/explain.hpp"
#include "locking/lock_assembly.hpp"
#include "locking/names.hpp"
#include "locking/nightly.hpp"
#include "locking/patches.hpp"
#include "locking/refusal.hpp"
#include "locking/remarks.hpp"
#include "locking/restore.hpp"
#include "locking/solution.hpp"
#include "locking/target_provider.hpp"
#include "locking/upgrade.hpp"
#include "locking/wheel_completion.hpp"
#include "project/recipe_digest.hpp"
#include "resolve/pubgrub.hpp"

namespace launch::locking {
namespace {

/// True if the previous lock has the recipe's channel and accelerator, and should be kept.
bool keeps_build(const LockRequest& request) {
  if (!request.previous || request.upgrade) return false;
  const auto& before = request.previous->provenance;
  const auto& torch = request.recipe.torch;
  return before.channel == torch.channel && before.cuda == torch.cuda;
}

/// The packages of the previous lock; wheels named only by path are in the store, or must still be located.
std::vector<project::LockedPackage> kept_packages(const LockRequest& request, const store::Store& store) {
  if (!keeps_build(request)) return {};
  auto packages = request.previous->packages;
  for (auto& package : packages) {
    for (auto& wheel : package.wheels) {
      if (!wheel.url && store.has(*wheel.sha256, wheel.file_name))
        wheel.url = specs::Url::of_file(store.path_of(*wheel.sha256, wheel.file_name));
    }
  }
  return packages;
}

class Locking {
 public:
  Locking(const LockRequest& request, const project::Site& site, net::HttpClient& http,
          const store::Store& store, const Work& work)
      : asked_(request),
        request_(prepared(request)),
        recipe_(request_.recipe),
        http_(http),
        store_(store),
        work_(work),
        source_(recipe_, site, http, kept_packages(request_, store), work),
        built_(recipe_, keeps() ? &*request_.previous : nullptr, request_.glibc_minor, request_.python_patch,
               {source_, http, store, work, request_.builder,
                [this, &site](const project::LockedPackage& package) {
                  return restore_built(package, {},
                                       {origins_of(request_.previous->provenance, site, recipe_.indexes),
                                        http_, store_, work_, request_.builder});
                }}) {}

  Result<LockResult> run() {
    LockResult result;
    TRY(begin());
    std::vector<TargetSolution> solutions;
    for (bool complete = false; !complete;) {
      TRY_ASSIGN(solutions, solve(result.passed_over));
      TRY_ASSIGN(complete, assemble(solutions, result.lock));
    }
    TRY_ASSIGN(result.remarks, remarks_on(solutions));
    for (const auto& [wheel, reason] : source_.ruled_out())
      result.ruled_out.push_back({wheel.first, wheel.second, reason});
    result.moved = source_.moved();
    result.metadata_bytes = source_.metadata_bytes();
    TRY_ASSIGN(result.stayed, stayed_of(asked_, world(solutions, result.passed_over)));
    return result;
  }

  Result<Explanation> explain(const std::string& package) {
    std::vector<PassedOver> passed_over;
    TRY(begin());
    TRY_ASSIGN(const auto solutions, solve(passed_over));
    return Explainer(world(solutions, passed_over)).explain(package);
  }

 private:
  Result<void> begin() {
    for (const auto& platform : recipe_.platforms)
      targets_.emplace_back(recipe_.python, platform, request_.glibc_minor, request_.python_patch);
    return check_names(recipe_, source_, work_.reporter);
  }

  /// Solves a provider's target with further requirements.
  Result<resolve::Outcome> solve_with(TargetProvider& provider,
                                      const std::vector<specs::Requirement>& more) const {
    auto requirements = provider.bounds().requirements();
    requirements.insert(requirements.end(), more.begin(), more.end());
    return resolve::solve(recipe_.name, requirements, provider, provider.bounds().for_solver());
  }

  ExplainedWorld world(const std::vector<TargetSolution>& solutions,
                       const std::vector<PassedOver>& passed_over) {
    return {.recipe = recipe_,
            .solutions = solutions,
            .previous = keeps() ? &*request_.previous : nullptr,
            .day = day_,
            .passed_over = passed_over,
            .solve_with = [this](const TargetSolution& solution, const specs::Requirement& requirement) {
              return solve_with(solution, requirement);
            }};
  }

  /// Solves a target again with a further requirement, keeping nothing but the nightly.
  Result<resolve::Outcome> solve_with(const TargetSolution& solution, const specs::Requirement& requirement) {
    const auto target = std::find_if(targets_.begin(), targets_.end(),
                                     [&](const LockTarget& one) { return &one == solution.target; });
    TargetProvider provider(recipe_, source_, *target, {}, night_);
    provider.build_from(built_);
    return solve_with(provider, {requirement});
  }

  bool keeps() const { return request_.previous && !request_.upgrade; }

  std::optional<specs::Day> kept_day() const {
    return keeps_build(request_) ? request_.previous->provenance.date : std::nullopt;
  }

  Preferences kept_versions() const {
    Preferences out;
    if (!keeps()) return out;
    for (const auto& package : request_.previous->packages) out[package.name].push_back(package.version);
    return out;
  }

  /// The versions for every target, from the first nightly that has them all.
  Result<std::vector<TargetSolution>> solve(std::vector<PassedOver>& passed_over) {
    TRY_ASSIGN(auto nights, Nights::open(recipe_, source_, targets_, kept_day()));
    if (nights.none()) {
      TRY_ASSIGN(auto attempt, solve_moving(std::nullopt));
      if (attempt.refusal) return fail(refused(*attempt.refusal));
      return std::move(attempt.solutions);
    }
    std::optional<Refusal> first;
    for (;;) {
      TRY_ASSIGN(const auto night, nights.next());
      if (!night) break;
      TRY_ASSIGN(auto attempt, solve_moving(night));
      if (!attempt.refusal) {
        passed_over = nights.passed_over();
        day_ = night->day;
        night_ = night;
        return std::move(attempt.solutions);
      }
      if (!is_of_night(attempt.refusal->conflict, *night)) return fail(refused(*attempt.refusal));
      nights.pass_over(reason_of(attempt.refusal->conflict));
      if (!first) first = std::move(attempt.refusal);
    }
    if (!first) return fail(nights.exhausted());
    auto error = refused(*first);
    nights.hint_at_others(error);
    return fail(std::move(error));
  }

  struct Attempt {
    std::vector<TargetSolution> solutions;
    std::optional<Refusal> refusal;
  };

  /// The names in a refusal that may come from the general index instead: those of which the channel has no
  /// version that is asked for, else all.
  std::set<std::string> movable(const resolve::Conflict& conflict) const {
    std::set<std::string> lacking;
    std::set<std::string> involved;
    const auto add = [&](std::set<std::string>& names, const std::string& name) {
      if (source_.moved().count(name) == 0 && source_.may_move(name)) names.insert(name);
    };
    for (const auto& fact : conflict.facts) {
      add(lacking, fact.advice.lacks);
      for (const auto& term : fact.terms) add(involved, std::string(resolve::project_of(term)));
    }
    return lacking.empty() ? involved : lacking;
  }

  /// Solves with as few names as possible taken from the general index although the channel serves them.
  Result<Attempt> solve_moving(const std::optional<Night>& night) {
    source_.move({});
    TRY_ASSIGN(auto first, solve_on(night));
    if (!first.refusal) return first;
    auto attempt = Attempt{{}, first.refusal};
    while (attempt.refusal) {
      auto moved = movable(attempt.refusal->conflict);
      if (moved.empty()) break;
      moved.insert(source_.moved().begin(), source_.moved().end());
      source_.move(std::move(moved));
      TRY_ASSIGN(attempt, solve_on(night));
    }
    if (attempt.refusal) {
      source_.move({});
      return first;
    }
    for (const auto& name : std::set<std::string>(source_.moved())) {
      auto fewer = source_.moved();
      fewer.erase(name);
      const auto before = source_.moved();
      source_.move(std::move(fewer));
      TRY_ASSIGN(auto other, solve_on(night));
      if (other.refusal) {
        source_.move(before);
      } else {
        attempt = std::move(other);
      }
    }
    return attempt;
  }

  /// Solves again while builds without isolation saw other versions than the solution has.
  Result<Attempt> solve_on(const std::optional<Night>& night) {
    constexpr int kMost = 3;
    built_.use(night);
    for (int tries = 1;; ++tries) {
      TRY(built_.offer_git());
      TRY_ASSIGN(auto attempt, solve_once(night));
      if (attempt.refusal || attempt.solutions.empty()) return attempt;
      std::map<std::string, specs::Version> versions;
      for (const auto& [name, pick] : attempt.solutions.front().picks)
        versions.emplace(name, pick.wheel.build->version);
      const auto differences = built_.differences(versions);
      if (differences.empty()) return attempt;
      if (tries == kMost) {
        return fail(input_error(fmt::format("a package that is built without isolation saw {}",
                                            join_words(differences)))
                        .hint(fmt::format("pin these versions in recipes/{}.toml", recipe_.name)));
      }
    }
  }

  Result<Attempt> solve_once(const std::optional<Night>& night) {
    Attempt attempt;
    auto preferred = kept_versions();
    for (auto& target : targets_) {
      work_.reporter.status(fmt::format("resolving for {}{}", target.text(),
                                        night ? " with the nightly of " + night->day.text() : ""));
      std::shared_ptr<TargetProvider> provider;
      TRY_ASSIGN(auto outcome, during(solve_for(target, preferred, night, provider),
                                      fmt::format("resolving {} for {}", recipe_.name, target.text())));
      if (!outcome.solution) {
        attempt.refusal = Refusal{&target, std::move(outcome.conflict)};
        return attempt;
      }
      TRY_ASSIGN(auto solution, solution_of(*outcome.solution, std::move(provider), target));
      TRY(find_patches(solution, *outcome.solution, recipe_));
      for (auto& [name, pick] : solution.picks) {
        pick.built = built_.of_git(name);
        if (!is_archive(*pick.wheel.build)) continue;
        TRY_ASSIGN(pick.built, built_.built(pick.wheel, target));
      }
      // Platforms should have the same versions wherever possible.
      preferred = preferring(*outcome.solution, std::move(preferred));
      attempt.solutions.push_back(std::move(solution));
    }
    return attempt;
  }

  /// If packages are upgraded, the others move only up; if that is impossible, wherever they must.
  Result<resolve::Outcome> solve_for(LockTarget& target, const Preferences& preferred,
                                     const std::optional<Night>& night,
                                     std::shared_ptr<TargetProvider>& provider) {
    const auto solve = [&](const Preferences& versions, Others others,
                           const std::vector<specs::Requirement>& more) {
      provider = std::make_shared<TargetProvider>(recipe_, source_, target, versions, night);
      provider->upgrade(request_.upgrade_only, others);
      provider->build_from(built_);
      return solve_with(*provider, more);
    };
    if (!request_.upgrade_only.empty()) {
      // They are required here, so that they come before what requires them, which then moves with them.
      TRY_ASSIGN(const auto moved, solve(preferred, Others::only_up, upgraded_requirements(asked_)));
      if (moved.solution) {
        TRY_ASSIGN(auto outcome, solve(preferring(*moved.solution, preferred), Others::only_up, {}));
        if (outcome.solution) return outcome;
      }
    }
    return solve(preferred, Others::anywhere, {});
  }

  Error refused(const Refusal& refusal) const {
    auto error = error_of(refusal, recipe_.name, source_);
    for (const auto& vanished : source_.vanished()) {
      error.hint(
          fmt::format("the lock's {}; run `launch lock {} --upgrade` to resolve to the current versions",
                      vanished_text(vanished), recipe_.name));
    }
    return error;
  }

  /// False if a wheel cannot be used after all, so that its version is ruled out and another must be found.
  Result<bool> assemble(const std::vector<TargetSolution>& solutions, project::Lockfile& lock) {
    lock = {};
    auto patches = ~specs::PatchSet();
    for (const auto& solution : solutions) patches &= solution.patches;
    const auto bounds = specs::patches_specifier(patches, recipe_.python);
    lock.requires_python =
        fmt::format("=={}.*{}{}", recipe_.python.version(), bounds.empty() ? "" : ",", bounds);
    for (const auto& target : targets_) lock.environments.push_back(environment_marker(target));
    lock.packages = merge(recipe_, solutions);
    TRY_ASSIGN(auto refused, complete_wheels(lock.packages, solutions,
                                             {.previous = keeps() ? &*request_.previous : nullptr,
                                              .recipe = recipe_.name,
                                              .http = http_,
                                              .store = store_,
                                              .work = work_}));
    for (auto& one : refused) source_.rule_out(one.package, one.version, std::move(one.reason));
    if (!refused.empty()) return false;
    auto& provenance = lock.provenance;
    provenance.recipe = recipe_digest();
    provenance.channel = recipe_.torch.channel;
    provenance.cuda = recipe_.torch.cuda;
    provenance.cuda_version = project::cuda_version_of(lock.packages);
    provenance.date = day_;
    provenance.platforms = recipe_.platforms;
    return true;
  }

  /// Of the recipe, if it asks for the chosen nightly; else of one that asks for exactly this nightly.
  Digest recipe_digest() const {
    auto recipe = asked_.recipe;
    auto& torch = recipe.torch;
    const bool asks = (!torch.date || torch.date == day_) && (!torch.as_of || !day_ || *day_ <= *torch.as_of);
    if (!asks) {
      torch.date = day_;
      torch.as_of.reset();
    }
    return project::recipe_digest(recipe, project::Stage::lock);
  }

  const LockRequest& asked_;
  const LockRequest request_;  ///< prepared
  const project::Recipe& recipe_;
  net::HttpClient& http_;
  const store::Store& store_;
  const Work& work_;
  PackageSource source_;
  SourcePackages built_;
  std::vector<LockTarget> targets_;
  std::optional<specs::Day> day_;
  std::optional<Night> night_;
};

}  // namespace

Result<LockResult> resolve_lock(const LockRequest& request, const project::Site& site, net::HttpClient& http,
                                const store::Store& store, const Work& work) {
  return Locking(request, site, http, store, work).run();
}

Result<Explanation> explain_lock(const LockRequest& request, const std::string& package,
                                 const project::Site& site, net::HttpClient& http, const store::Store& store,
                                 const Work& work) {
  return Locking(request, site, http, store, work).explain(package);
}

}  // namespace launch::locking
