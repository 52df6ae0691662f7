#include "locking/resolve_lock.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "locking/absence.hpp"
#include "locking/lock_assembly.hpp"
#include "locking/nightly.hpp"
#include "locking/target_provider.hpp"
#include "resolve/explain.hpp"
#include "resolve/pubgrub.hpp"
#include "specs/interpreter.hpp"

namespace launch::locking {
namespace {

/// Names that people mean when they mistype one in a recipe of this kind.
const std::vector<std::string>& well_known_names() {
  static const std::vector<std::string> names = {"accelerate",
                                                 "datasets",
                                                 "deepspeed",
                                                 "einops",
                                                 "fastapi",
                                                 "flash-attn",
                                                 "huggingface-hub",
                                                 "hydra-core",
                                                 "jax",
                                                 "lightning",
                                                 "matplotlib",
                                                 "mlflow",
                                                 "numpy",
                                                 "omegaconf",
                                                 "pandas",
                                                 "peft",
                                                 "pillow",
                                                 "protobuf",
                                                 "pyarrow",
                                                 "pydantic",
                                                 "pytest",
                                                 "pyyaml",
                                                 "ray",
                                                 "requests",
                                                 "safetensors",
                                                 "scikit-learn",
                                                 "scipy",
                                                 "sentencepiece",
                                                 "tensorboard",
                                                 "tiktoken",
                                                 "timm",
                                                 "tokenizers",
                                                 "tomli",
                                                 "torch",
                                                 "torchao",
                                                 "torchaudio",
                                                 "torchdata",
                                                 "torchmetrics",
                                                 "torchrec",
                                                 "torchtext",
                                                 "torchtitan",
                                                 "torchtune",
                                                 "torchvision",
                                                 "tqdm",
                                                 "transformers",
                                                 "triton",
                                                 "trl",
                                                 "wandb",
                                                 "xformers"};
  return names;
}

/// The previous lock is of the recipe's channel and accelerator, and what it has is to be kept.
bool keeps_build(const LockRequest& request) {
  if (!request.previous || request.upgrade) return false;
  const auto& before = request.previous->provenance;
  const auto& torch = request.recipe.torch;
  return before.channel == project::channel_name(torch.channel) && before.cuda == torch.cuda;
}

/// The packages of the previous lock; wheels that it names by path alone are in the store, or still to be
/// found.
std::vector<project::LockedPackage> kept_packages(const LockRequest& request,
                                                  const store::WheelStore& store) {
  if (!keeps_build(request)) return {};
  auto packages = request.previous->packages;
  for (auto& package : packages) {
    for (auto& wheel : package.wheels) {
      std::error_code ignored;
      const auto place = store.path_of({.name = wheel.file_name, .sha256 = wheel.sha256});
      if (!wheel.url && std::filesystem::exists(place, ignored)) wheel.url = specs::Url::of_file(place);
    }
  }
  return packages;
}

class Locking {
 public:
  Locking(const LockRequest& request, const project::Site& site, net::HttpClient& http,
          const store::WheelStore& store, const LockProgress& progress, const std::stop_token& stop)
      : request_(request),
        recipe_(request.recipe),
        site_(site),
        http_(http),
        store_(store),
        progress_(progress),
        stop_(stop),
        source_(request.recipe, site, http, kept_packages(request, store), stop) {}

  Result<LockResult> run() {
    for (const auto& platform : recipe_.platforms) {
      TRY_ASSIGN(auto target, LockTarget::make(recipe_, platform, request_.glibc_minor));
      targets_.push_back(std::move(target));
    }
    TRY(check_names());
    TRY_ASSIGN(auto nightly, choose_nightly(recipe_, source_, targets_, kept_date()));
    date_ = nightly.date;
    auto preferred = kept_versions();
    std::vector<TargetSolution> solutions;
    for (auto& target : targets_) {
      TRY_ASSIGN(auto solution, solve_for(target, preferred));
      solutions.push_back(std::move(solution));
      // Platforms shall have the same versions wherever that is possible.
      for (const auto& [name, pick] : solutions.back().picks) {
        auto& versions = preferred[name];
        versions.insert(versions.begin(), pick.wheel.wheel->version);
      }
    }
    LockResult result;
    result.passed_over = std::move(nightly.passed_over);
    TRY_ASSIGN(result.lock, assemble(solutions));
    result.metadata_bytes = source_.metadata_bytes();
    return result;
  }

 private:
  void say(const std::string& what) const {
    if (progress_) progress_(what);
  }

  std::vector<specs::Requirement> all_requirements() const {
    auto out = recipe_.torch.packages;
    out.insert(out.end(), recipe_.packages.begin(), recipe_.packages.end());
    return out;
  }

  /// What the recipe names is there; a mistyped name is best told at once.
  Result<void> check_names() {
    const auto requirements = all_requirements();
    std::vector<std::string> names;
    for (const auto& requirement : requirements) {
      if (requirement.url) {
        return fail(
            usage_error(fmt::format("the recipe {} takes {} from {}, but a lock takes packages from an index",
                                    recipe_.name, requirement.name, specs::redacted_url(*requirement.url)))
                .hint("put the wheel into a folder and name that folder by find-links in launch.toml"));
      }
      names.push_back(requirement.name);
    }
    say(fmt::format("asking the index for {}", count_of(names.size(), "package")));
    source_.prefetch(names);
    for (const auto& name : names) {
      TRY_ASSIGN(const auto* listing, source_.find(name));
      if (listing->known) continue;
      auto error = usage_error(no_such_project(*listing));
      error.during(fmt::format("locking the recipe {}", recipe_.name));
      if (const auto meant = did_you_mean(name, well_known_names()))
        error.hint(fmt::format("did you mean {}?", *meant));
      return fail(std::move(error));
    }
    return {};
  }

  bool keeps() const { return request_.previous && !request_.upgrade; }

  std::optional<std::string> kept_date() const {
    return keeps_build(request_) ? request_.previous->provenance.date : std::nullopt;
  }

  Preferences kept_versions() const {
    Preferences out;
    if (!keeps()) return out;
    for (const auto& package : request_.previous->packages) out[package.name].push_back(package.version);
    return out;
  }

  Result<TargetSolution> solve_for(LockTarget& target, const Preferences& preferred) {
    say(fmt::format("resolving for {}", target.text()));
    TargetProvider provider(recipe_, source_, target, preferred, date_);
    std::vector<specs::Requirement> requirements;
    for (auto& requirement : all_requirements()) {
      const bool applies = !requirement.marker || requirement.marker->evaluate(target.environment());
      if (applies) requirements.push_back(std::move(requirement));
    }
    TRY_ASSIGN(const auto outcome, during(resolve::solve(recipe_.name, requirements, provider),
                                          fmt::format("resolving {} for {}", recipe_.name, target.text())));
    if (!outcome.solution) {
      const auto why = replace_all(resolve::explain(outcome.conflict), "\n", "\n  ");
      auto error = usage_error(fmt::format("the requirements of {} cannot be met for {}:\n  {}", recipe_.name,
                                           target.text(), why));
      for (const auto& vanished : source_.vanished()) {
        error.hint(fmt::format("the lock's {}; `launch lock {} --upgrade` takes what there is now",
                               vanished_text(vanished), recipe_.name));
      }
      return fail(std::move(error));
    }
    TargetSolution solution;
    solution.target = &target;
    for (const auto& [name, chosen] : *outcome.solution) {
      Pick pick;
      pick.wheel = provider.wheel(name, chosen.version);
      auto extras = chosen.extras;
      extras.insert("");
      for (const auto& extra : extras) {
        const auto asked = extra.empty() ? std::set<std::string>{} : std::set<std::string>{extra};
        TRY_ASSIGN(const auto dependencies, provider.dependencies(name, chosen.version, asked));
        for (const auto& requirement : dependencies.requirements) {
          if (requirement.name != name) pick.dependencies.insert(requirement.name);
        }
      }
      solution.picks.emplace(name, std::move(pick));
    }
    return solution;
  }

  Result<project::Lockfile> assemble(const std::vector<TargetSolution>& solutions) {
    project::Lockfile lock;
    TRY_ASSIGN(const auto interpreter, specs::Interpreter::parse(recipe_.python));
    lock.requires_python = fmt::format("=={}.*", interpreter.version());
    for (const auto& target : targets_) lock.environments.push_back(environment_marker(target));
    lock.packages = merge(recipe_, solutions);
    TRY(complete_wheels(lock.packages, solutions, request_, http_, store_, site_.store.value, progress_,
                        stop_));
    auto& provenance = lock.provenance;
    provenance.recipe_digest = recipe_.digest;
    provenance.channel = project::channel_name(recipe_.torch.channel);
    provenance.cuda = recipe_.torch.cuda;
    provenance.cuda_version = cuda_version_of(lock.packages);
    provenance.date = date_;
    provenance.platforms = recipe_.platforms;
    return lock;
  }

  const LockRequest& request_;
  const project::Recipe& recipe_;
  const project::Site& site_;
  net::HttpClient& http_;
  const store::WheelStore& store_;
  const LockProgress& progress_;
  const std::stop_token& stop_;
  PackageSource source_;
  std::vector<LockTarget> targets_;
  std::optional<std::string> date_;
};

}  // namespace

Result<LockResult> resolve_lock(const LockRequest& request, const project::Site& site, net::HttpClient& http,
                                const store::WheelStore& store, const LockProgress& progress,
                                const std::stop_token& stop) {
  return Locking(request, site, http, store, progress, stop).run();
}

}  // namespace launch::locking
