#include "image/layers.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "project/platform_wheels.hpp"
#include "pytorch/packages.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::image {
namespace {

constexpr std::uint64_t kLarge = 16'000'000;  // compressed bytes from which a package gets its own layer
constexpr std::size_t kMostLayers = 90;

/// glibc of the base image, by which the lock's wheels were chosen; for a base of unknown distribution, that
/// of the oldest known one.
int glibc_minor_of(const project::Lockfile& lock) {
  const auto known =
      lock.provenance.base ? pytorch::distribution(lock.provenance.base->distribution) : std::nullopt;
  return known ? known->glibc_minor : pytorch::least_glibc_minor();
}

}  // namespace

LayerGroup layer_group(const std::string& package) {
  using Part = pytorch::PackageRule::Part;
  switch (pytorch::rule_of(package).part) {
    case Part::toolkit:
      return LayerGroup::toolkit;
    case Part::triton:
      return LayerGroup::triton;
    case Part::torch:
      return LayerGroup::torch;
    case Part::other:
      break;
  }
  return LayerGroup::rest;
}

Result<std::vector<ImageWheel>> wheels_for(const project::Lockfile& lock, const specs::Interpreter& python,
                                           const specs::Platform& platform) {
  const project::WheelTarget target({python, platform, glibc_minor_of(lock)});
  std::set<std::string_view> names;
  for (const auto& package : lock.packages) names.insert(package.name);
  std::vector<ImageWheel> wheels;
  for (const auto name : names) {
    TRY_ASSIGN(const auto pick, project::pick_wheel(lock, name, target));
    const auto [package, wheel] = pick;
    if (package == nullptr) continue;
    if (wheel == nullptr) {
      return fail(input_error(
          fmt::format("the lock has no wheel of {} {} for Python {} on {} with glibc 2.{}", name,
                      package->version.text(), python.text(), platform.text(), glibc_minor_of(lock))));
    }
    wheels.push_back({package->name, package->version.text(), *wheel});
  }
  return wheels;
}

std::vector<Layer> plan_layers(const project::Lockfile& lock) {
  std::array<std::map<std::string, std::uint64_t>, 4> groups;
  for (const auto& package : lock.packages) {
    auto& size = groups.at(static_cast<std::size_t>(layer_group(package.name)))[package.name];
    for (const auto& wheel : package.wheels) size = std::max(size, wheel.size);
  }
  std::vector<Layer> layers;
  for (const auto& group : groups) {
    std::vector<std::pair<std::string, std::uint64_t>> packages(group.begin(), group.end());
    std::stable_sort(packages.begin(), packages.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    Layer small;
    for (const auto& [name, size] : packages) {
      if (size >= kLarge && layers.size() < kMostLayers) {
        layers.push_back({name});
      } else {
        small.push_back(name);
      }
    }
    std::sort(small.begin(), small.end());
    if (!small.empty()) layers.push_back(std::move(small));
  }
  return layers;
}

}  // namespace launch::image
