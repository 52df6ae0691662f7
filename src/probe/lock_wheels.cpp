#include "probe/lock_wheels.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "archive/installation.hpp"
#include "project/import_names.hpp"
#include "pytorch/packages.hpp"
#include "specs/name.hpp"

namespace launch::probe {
namespace {

std::string_view root_of(std::string_view module) {
  return module.substr(0, module.find('.'));
}

pysource::ModuleFiles files_of(const WheelSource& wheel) {
  std::vector<std::string> paths;
  for (const auto& archive_path : wheel.files()) {
    if (auto path = archive::import_path(archive_path)) paths.push_back(std::move(*path));
  }
  return pysource::ModuleFiles(std::move(paths));
}

/// PyTorch's own libraries come first, in their order.
std::size_t rank_of(const std::string& package) {
  const auto libraries = pytorch::library_names();
  return static_cast<std::size_t>(std::find(libraries.begin(), libraries.end(), package) - libraries.begin());
}

}  // namespace

Result<LockWheels> LockWheels::of(const project::Lockfile& lock, LocateWheel locate,
                                  const store::Store& store, net::HttpClient& http) {
  LockWheels wheels(std::move(locate), store, http);
  std::set<std::string> unique;
  for (const auto& package : lock.packages) unique.insert(package.name);
  std::vector<std::string> names(unique.begin(), unique.end());
  std::stable_sort(names.begin(), names.end(),
                   [](const auto& a, const auto& b) { return rank_of(a) < rank_of(b); });
  TRY_ASSIGN(auto platforms, project::pick_for_platforms(lock, names));
  for (const auto& each : platforms) wheels.platforms_.push_back(each.platform);
  for (std::size_t i = 0; i < names.size(); ++i) {
    Package package{names[i]};
    bool has_wheel = false;
    for (const auto& each : platforms) {
      package.slots.push_back({each.picks[i]});
      has_wheel = has_wheel || each.picks[i].wheel != nullptr;
    }
    const bool applies = std::any_of(platforms.begin(), platforms.end(),
                                     [&](const auto& each) { return each.picks[i].package != nullptr; });
    if (has_wheel) {
      wheels.packages_.push_back(std::move(package));
    } else if (applies) {
      wheels.without_wheels_.push_back(names[i]);
    }
  }
  return wheels;
}

Result<void> LockWheels::open(const std::vector<Place>& places) {
  std::vector<WheelLocation> locations;
  std::vector<Place> remote;
  const auto failed = [&](const Place& place, Error error) {
    const auto& package = *packages_[place.package].slots[place.platform].picked.package;
    return fail(std::move(error).during(
        fmt::format("opening the wheel of {} {}", package.name, package.version.text())));
  };
  const auto put = [&](const Place& place, std::unique_ptr<WheelSource> source) {
    auto& package = packages_[place.package];
    if (package.files == nullptr) package.files = std::make_unique<pysource::ModuleFiles>(files_of(*source));
    package.slots[place.platform].source = std::move(source);
    package.opened = true;
  };
  for (const auto& place : places) {
    const auto& slot = packages_[place.package].slots[place.platform];
    if (slot.picked.wheel == nullptr || slot.source != nullptr) continue;
    const auto& wheel = *slot.picked.wheel;
    auto path = store_->find(*wheel.sha256, wheel.file_name);
    if (!path) return failed(place, std::move(path.error()));
    if (*path) {
      auto source = open_wheel(**path);
      if (!source) return failed(place, std::move(source.error()));
      put(place, *std::move(source));
      continue;
    }
    auto url = locate_(wheel);
    if (!url) return failed(place, std::move(url.error()));
    locations.push_back({*std::move(url), wheel.file_name, wheel.size});
    remote.push_back(place);
  }
  auto opened = open_wheels(*http_, locations);
  for (std::size_t i = 0; i < opened.size(); ++i) {
    if (!opened[i]) return failed(remote[i], std::move(opened[i].error()));
    put(remote[i], *std::move(opened[i]));
  }
  return {};
}

Result<void> LockWheels::open_for(const std::set<std::string>& modules) {
  std::set<std::string> wanted;
  for (const auto& module : modules) {
    wanted.insert(specs::normalize_name(root_of(module)));
    wanted.insert(project::package_of_module(module));
  }
  std::vector<Place> places;
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    if (!wanted.contains(packages_[i].name)) continue;
    for (std::size_t platform = 0; platform < platforms_.size(); ++platform) places.push_back({i, platform});
  }
  return open(places);
}

Result<void> LockWheels::open_more(bool only_from_store) {
  std::vector<Place> places;
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    if (packages_[i].opened) continue;
    const auto& slots = packages_[i].slots;
    const auto first = std::find_if(slots.begin(), slots.end(),
                                    [](const Slot& slot) { return slot.picked.wheel != nullptr; });
    if (only_from_store) {
      const auto& wheel = *first->picked.wheel;
      TRY_ASSIGN(const auto path, store_->find(*wheel.sha256, wheel.file_name));
      if (!path) continue;
    }
    places.push_back({i, static_cast<std::size_t>(first - slots.begin())});
  }
  return open(places);
}

bool LockWheels::has(std::string_view module) const {
  using Kind = pysource::ModuleKind;
  for (std::size_t end = 0; end < module.size();) {
    end = std::min(module.find('.', end + 1), module.size());
    bool is_space = false;
    for (const auto& package : packages_) {
      if (package.files == nullptr) continue;
      const auto kind = package.files->find(module.substr(0, end)).kind;
      if (kind != Kind::missing && kind != Kind::space) return true;
      is_space = is_space || kind == Kind::space;
    }
    if (!is_space) return false;
  }
  return true;
}

Result<bool> LockWheels::provides(std::string_view module) {
  if (has(module)) return true;
  TRY(open_more(true));
  if (has(module)) return true;
  TRY(open_more(false));
  return has(module);
}

Result<bool> LockWheels::provides_by_name(std::string_view root) {
  const auto package = project::package_of_module(root);
  const auto named = [&](const std::string& name) { return name == package; };
  if (std::any_of(packages_.begin(), packages_.end(),
                  [&](const Package& each) { return named(each.name); }) ||
      std::any_of(without_wheels_.begin(), without_wheels_.end(), named)) {
    return true;
  }
  return provides(root);
}

Result<std::vector<OpenedWheels>> LockWheels::take(const std::set<std::string, std::less<>>& roots) {
  std::vector<std::size_t> wanted;
  std::vector<Place> places;
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    if (packages_[i].files == nullptr) continue;
    const auto& own = packages_[i].files->roots();
    if (std::none_of(own.begin(), own.end(), [&](const auto& root) { return roots.contains(root); }))
      continue;
    wanted.push_back(i);
    for (std::size_t platform = 0; platform < platforms_.size(); ++platform) places.push_back({i, platform});
  }
  TRY(open(places));
  std::vector<OpenedWheels> all;
  for (std::size_t platform = 0; platform < platforms_.size(); ++platform) {
    OpenedWheels opened{platforms_[platform], {}, {}, {}};
    for (const auto i : wanted) {
      auto& [picked, source] = packages_[i].slots[platform];
      if (source == nullptr) {
        opened.missing.push_back(packages_[i].name);
        continue;
      }
      const auto version = picked.package->version.text();
      opened.asked.push_back({packages_[i].name, version, picked.wheel->file_name});
      opened.wheels.push_back({packages_[i].name + " " + version, std::move(source)});
    }
    all.push_back(std::move(opened));
  }
  return all;
}

}  // namespace launch::probe
