#include "image/earlier.hpp"

#include <utility>

namespace launch::image {
namespace {

/// "torch-", of a wheel's file name; empty if it has none.
std::string package_of(const std::string& name) {
  return name.substr(0, name.find('-') + 1);
}

}  // namespace

std::vector<store::Entry> EarlierWheels::of(const store::LayerWheel& wheel) {
  std::call_once(read_, [&] {
    for (auto& each : store_.wheels()) {
      auto package = package_of(each.name);
      by_package_[std::move(package)].push_back(std::move(each));
    }
  });
  const auto found = by_package_.find(package_of(wheel.path.filename().string()));
  if (found == by_package_.end() || found->first.empty()) return {};
  auto others = found->second;
  std::erase_if(others, [&](const store::Entry& each) { return each.digest == wheel.digest; });
  return others;
}

std::optional<std::filesystem::path> EarlierWheels::checked(const store::Entry& wheel) {
  return checked_.of(wheel.digest, [&] {
    const auto found = store_.find(wheel.digest, wheel.name);
    return found ? *found : std::nullopt;
  });
}

}  // namespace launch::image
