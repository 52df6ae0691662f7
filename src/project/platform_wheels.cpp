#include "project/platform_wheels.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "specs/specifier.hpp"
#include "specs/version.hpp"
#include "specs/wheel.hpp"

namespace launch::project {
namespace {

// Minor versions of the CPythons that torch wheels are built for; the newest are not released yet.
constexpr int kOldestMinor = 8;
constexpr int kNewestMinor = 16;

const LockedWheel* best_wheel(const LockedPackage& package, const std::vector<specs::Tag>& tags) {
  const LockedWheel* best = nullptr;
  std::size_t best_rank = 0;
  for (const auto& wheel : package.wheels) {
    const auto name = specs::WheelName::parse(wheel.file_name);
    if (!name) continue;
    const auto rank = specs::best_tag(name->tags, tags);
    if (!rank || (best != nullptr && *rank >= best_rank)) continue;
    best = &wheel;
    best_rank = *rank;
  }
  return best;
}

std::size_t found_by(const PlatformWheels& wheels) {
  return static_cast<std::size_t>(std::count_if(wheels.picks.begin(), wheels.picks.end(),
                                                [](const auto& pick) { return pick.wheel != nullptr; }));
}

Result<PlatformWheels> pick_for(const Lockfile& lock, const std::vector<std::string>& names,
                                const specs::Platform& platform,
                                const std::vector<LockEnvironment>& environments) {
  PlatformWheels best{platform, std::vector<PickedWheel>(names.size())};
  for (const auto& environment : environments) {
    if (environment.platform != platform) continue;
    for (const auto& python : {std::optional(environment.python), environment.python.without_gil()}) {
      if (!python) continue;
      const WheelTarget target({*python, platform, kNewestGlibcMinor});
      PlatformWheels wheels{platform, {}};
      for (const auto& name : names) {
        TRY_ASSIGN(const auto pick, pick_wheel(lock, name, target));
        wheels.picks.push_back(pick);
      }
      if (found_by(wheels) > found_by(best)) best = std::move(wheels);
      if (found_by(best) == names.size()) return best;
    }
  }
  return best;
}

}  // namespace

Result<bool> applies(const LockedPackage& package, const specs::MarkerEnvironment& environment) {
  if (!package.marker) return true;
  TRY_ASSIGN(const auto marker,
             during(specs::Marker::parse(*package.marker), "reading the marker of " + package.name));
  return marker.evaluate(environment);
}

std::vector<LockEnvironment> environments_of(const Lockfile& lock) {
  std::vector<LockEnvironment> out;
  const auto pythons = specs::SpecifierSet::parse(lock.requires_python);
  for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) {
    const specs::Interpreter python{minor};
    const auto matches = [&](std::string_view micro) {
      const auto full = specs::Version::parse(fmt::format("{}.{}", python.version(), micro));
      return lock.requires_python.empty() || (pythons && full && pythons->matches(*full));
    };
    if (!matches("0") && !matches("99")) continue;
    for (const auto& platform : specs::Platform::all()) {
      const auto environment = specs::marker_environment(python, platform);
      const bool wanted =
          lock.environments.empty() ||
          std::any_of(lock.environments.begin(), lock.environments.end(), [&](const std::string& text) {
            const auto marker = specs::Marker::parse(text);
            return marker && marker->evaluate(environment);
          });
      if (wanted) out.push_back({python, platform});
    }
  }
  return out;
}

WheelTarget::WheelTarget(const specs::Target& target)
    : environment(specs::marker_environment(target.python, target.platform)),
      tags(specs::supported_tags(target)) {}

Result<PickedWheel> pick_wheel(const Lockfile& lock, std::string_view name, const WheelTarget& target) {
  for (const auto& package : lock.packages) {
    if (package.name != name) continue;
    TRY_ASSIGN(const bool wanted, applies(package, target.environment));
    if (!wanted) continue;
    return PickedWheel{&package, best_wheel(package, target.tags)};
  }
  return PickedWheel{};
}

Result<std::vector<PlatformWheels>> pick_for_platforms(const Lockfile& lock,
                                                       const std::vector<std::string>& names) {
  const auto environments = environments_of(lock);
  std::vector<PlatformWheels> all;
  all.reserve(lock.provenance.platforms.size());
  for (const auto& platform : lock.provenance.platforms) {
    TRY_ASSIGN(auto wheels, pick_for(lock, names, platform, environments));
    all.push_back(std::move(wheels));
  }
  if (!all.empty()) return all;

  for (const auto& platform : specs::Platform::all()) {
    TRY_ASSIGN(auto wheels, pick_for(lock, names, platform, environments));
    all.push_back(std::move(wheels));
  }
  std::size_t most = 0;
  for (const auto& wheels : all) most = std::max(most, found_by(wheels));
  std::erase_if(all, [&](const auto& wheels) { return found_by(wheels) < most; });
  if (most > 0) {
    const auto same = [](const auto& a, const auto& b) { return a.picks == b.picks; };
    all.erase(std::unique(all.begin(), all.end(), same), all.end());
  }
  return all;
}

}  // namespace launch::project
