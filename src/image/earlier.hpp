#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/once_each.hpp"
#include "store/layers.hpp"
#include "store/store.hpp"

namespace launch::image {

/// Other wheels of a package that are in the store. Most of what a nightly installs is in the one before.
/// Thread-safe.
class EarlierWheels {
 public:
  explicit EarlierWheels(const store::Store& store) : store_(store) {}

  /// Other wheels of the same package, most recently used first, as they were when this object was first
  /// asked.
  std::vector<store::Entry> of(const store::LayerWheel& wheel);

  /// The path of such a wheel, whose content has been hashed since this object was made; nullopt if its
  /// digest is another, or it cannot be read.
  std::optional<std::filesystem::path> checked(const store::Entry& wheel);

 private:
  const store::Store& store_;
  std::once_flag read_;
  std::map<std::string, std::vector<store::Entry>> by_package_;
  OnceEach<Digest, std::optional<std::filesystem::path>> checked_;
};

}  // namespace launch::image
