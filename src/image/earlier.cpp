#include "image/earlier.hpp"

namespace launch::image {

std::vector<store::Entry> EarlierWheels::of(const store::LayerWheel& wheel) const {
  return store_.other_wheels(wheel.digest, wheel.path.filename().string());
}

std::optional<std::filesystem::path> EarlierWheels::checked(const store::Entry& wheel) {
  const std::scoped_lock lock(mutex_);
  const auto known = checked_.find(wheel.digest);
  if (known != checked_.end()) return known->second;
  const auto found = store_.find(wheel.digest, wheel.name);
  return checked_.emplace(wheel.digest, found ? *found : std::nullopt).first->second;
}

}  // namespace launch::image
