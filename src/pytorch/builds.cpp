#include "pytorch/builds.hpp"

#include <utility>

#include "pytorch/channel.hpp"
#include "specs/wheel.hpp"

namespace launch::pytorch {

std::vector<Build> builds_of(std::span<const index::IndexFile> files) {
  std::vector<Build> builds;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!files[i].file_name.ends_with(".whl")) continue;
    auto name = specs::WheelName::parse(files[i].file_name);
    if (!name) continue;
    builds.push_back({i, std::move(name->version), std::move(name->tags), std::move(name->build)});
  }
  return builds;
}

std::map<specs::Day, std::vector<const Build*>> nights_of(std::span<const Build> builds) {
  std::map<specs::Day, std::vector<const Build*>> nights;
  for (const auto& build : builds) {
    if (const auto day = nightly_day(build.version)) nights[*day].push_back(&build);
  }
  return nights;
}

}  // namespace launch::pytorch
