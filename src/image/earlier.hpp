#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "base/digest.hpp"
#include "store/layers.hpp"
#include "store/store.hpp"

namespace launch::image {

/// Other wheels of a package that are in the store. Most of what a nightly installs is in the one before.
class EarlierWheels {
 public:
  explicit EarlierWheels(const store::Store& store) : store_(store) {}

  /// Those of the package of a wheel, the last used first.
  std::vector<store::Entry> of(const store::LayerWheel& wheel) const;

  /// The path of such a wheel, whose content has been hashed since this object was made; nullopt if its
  /// digest is another, or it cannot be read.
  std::optional<std::filesystem::path> checked(const store::Entry& wheel);

 private:
  const store::Store& store_;
  std::mutex mutex_;
  std::map<Digest, std::optional<std::filesystem::path>> checked_;
};

}  // namespace launch::image
