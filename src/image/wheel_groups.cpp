#include "image/wheel_groups.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::image {

std::vector<ImageWheel> wheels_among(const std::vector<ImageWheel>& wheels,
                                     const std::vector<std::string>& packages) {
  std::vector<ImageWheel> among;
  for (const auto& wheel : wheels) {
    if (std::find(packages.begin(), packages.end(), wheel.package) != packages.end()) among.push_back(wheel);
  }
  return among;
}

std::string group_name(std::span<const ImageWheel> wheels) {
  std::vector<std::string> packages;
  for (const auto& wheel : wheels) packages.push_back(fmt::format("{} {}", wheel.package, wheel.version));
  if (packages.size() == 1) return packages.front();
  return fmt::format("{}: {}", count_of(packages.size(), "package"), join(packages, ", "));
}

std::vector<store::LayerWheel> GroupedWheels::in_order() const {
  std::vector<store::LayerWheel> all;
  for (const auto& group : groups) all.insert(all.end(), group.wheels.begin(), group.wheels.end());
  return all;
}

std::vector<project::LockedWheel> GroupedWheels::locked() const {
  std::vector<project::LockedWheel> all;
  all.reserve(wheels.size());
  for (const auto& each : wheels) all.push_back(each.wheel);
  return all;
}

const ImageWheel& GroupedWheels::wheel_of(const Digest& digest) const {
  return *std::find_if(wheels.begin(), wheels.end(),
                       [&](const auto& each) { return *each.wheel.sha256 == digest; });
}

Result<GroupedWheels> group_wheels(const project::Locked& locked, const specs::Platform& platform,
                                   const store::Store& store) {
  const auto& lock = locked.lock.lock;
  GroupedWheels grouped;
  TRY_ASSIGN(grouped.wheels, during(wheels_for(lock, locked.recipe.python, platform),
                                    fmt::format("reading {}", locked.lock.file.string())));
  for (const auto& layer : plan_layers(lock)) {
    WheelGroup group{.group = layer_group(layer.front())};
    const auto among = wheels_among(grouped.wheels, layer);
    if (among.empty()) continue;  // nothing of it is for this platform
    group.name = group_name(among);
    for (const auto& [package, version, file] : among) {
      group.file_names.push_back(file.file_name);
      group.wheels.push_back({*file.sha256, store.path_of(*file.sha256, file.file_name)});
    }
    grouped.groups.push_back(std::move(group));
  }
  return grouped;
}

std::vector<BytecodeGroup> group_bytecode(const std::vector<WheelGroup>& groups,
                                          std::span<const std::optional<store::LayerWheel>> zips) {
  constexpr std::array kOrder = {
      std::pair{LayerGroup::toolkit, "the toolkit's packages"}, std::pair{LayerGroup::triton, "Triton"},
      std::pair{LayerGroup::rest, "other packages"}, std::pair{LayerGroup::torch, "torch's packages"}};
  std::vector<BytecodeGroup> found;
  for (const auto& [wanted, name] : kOrder) {
    BytecodeGroup bytecode{fmt::format("bytecode of {}", name), {}};
    std::size_t at = 0;
    for (const auto& group : groups) {
      for (std::size_t i = 0; i < group.wheels.size(); ++i, ++at) {
        if (group.group == wanted && zips[at]) bytecode.zips.push_back(*zips[at]);
      }
    }
    if (!bytecode.zips.empty()) found.push_back(std::move(bytecode));
  }
  return found;
}

}  // namespace launch::image
