#include "locking/patches.hpp"

#include <set>

#include "locking/target_provider.hpp"

namespace launch::locking {
namespace {

class Finding {
 public:
  Finding(TargetSolution& solution, const std::map<std::string, resolve::Chosen>& versions,
          const project::Recipe& recipe)
      : solution_(solution), versions_(versions), recipe_(recipe) {}

  Result<void> run() {
    for (const auto* list : {&recipe_.torch.packages, &recipe_.packages}) {
      for (const auto& requirement : *list) note(requirement, {}, ~specs::PatchSet());
    }
    for (Needed before; before != needed_;) {
      before = needed_;
      for (const auto& [name, patches] : before) {
        const auto chosen = versions_.find(name);
        if (chosen == versions_.end()) continue;
        TRY_ASSIGN(const auto* metadata,
                   solution_.provider->metadata(name, solution_.picks.at(name).wheel.build->version));
        for (const auto& requirement : metadata->requires_dist)
          note(requirement, chosen->second.extras, patches);
      }
    }
    for (auto& [name, pick] : solution_.picks) {
      pick.patches = needed_[name];
      TRY_ASSIGN(const auto* metadata, solution_.provider->metadata(name, pick.wheel.build->version));
      auto allowed = specs::patches_allowed(metadata->requires_python, recipe_.python);
      const auto on_page = specs::SpecifierSet::parse(pick.wheel.file().requires_python.value_or(""));
      if (on_page) allowed &= specs::patches_allowed(*on_page, recipe_.python);
      solution_.patches &= allowed | ~pick.patches;
    }
    return {};
  }

 private:
  using Needed = std::map<std::string, specs::PatchSet>;

  /// A package with `extras`, itself needed for `patches`, requires another one.
  void note(const specs::Requirement& requirement, const std::set<std::string>& extras,
            const specs::PatchSet& patches) {
    auto needed = patches;
    if (requirement.marker) {
      const auto& target = *solution_.target;
      const auto like = target.patches_like(*requirement.marker, extras);
      const bool holds = target.holds(*requirement.marker, extras);
      if (holds && !target.is_exact()) {
        needed &= like;
      } else {
        solution_.patches &= like | ~patches;
      }
      if (!holds) return;
    }
    needed_[requirement.name] |= needed;
  }

  TargetSolution& solution_;
  const std::map<std::string, resolve::Chosen>& versions_;
  const project::Recipe& recipe_;
  Needed needed_;
};

}  // namespace

Result<void> find_patches(TargetSolution& solution, const std::map<std::string, resolve::Chosen>& versions,
                          const project::Recipe& recipe) {
  return Finding(solution, versions, recipe).run();
}

}  // namespace launch::locking
