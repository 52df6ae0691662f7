#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "project/lockfile.hpp"
#include "specs/marker.hpp"
#include "specs/tag.hpp"

namespace launch::project {

/// For callers that accept wheels for any glibc.
inline constexpr int kNewestGlibcMinor = 99;

/// True if the package's marker allows its installation. Errors (input): an invalid marker.
Result<bool> applies(const LockedPackage& package, const specs::MarkerEnvironment& environment);

/// An environment that a lock may be installed into.
struct LockEnvironment {
  specs::Interpreter python;
  specs::Platform platform;
};

/// The CPythons (3.8 to 3.16) and platforms that a lock supports according to its markers and
/// requires-python.
std::vector<LockEnvironment> environments_of(const Lockfile& lock);

/// An interpreter on a platform, to pick wheels for.
struct WheelTarget {
  specs::MarkerEnvironment environment;
  std::vector<specs::Tag> tags;  ///< best first

  explicit WheelTarget(const specs::Target& target);
};

/// The wheel of a name for a target; points into the lock.
struct PickedWheel {
  const LockedPackage* package = nullptr;  ///< null if no package of that name applies
  const LockedWheel* wheel = nullptr;      ///< null if no wheel fits
  bool operator==(const PickedWheel&) const = default;
};

/// Picks the package of that name whose marker applies, and its wheel whose tags fit best. Errors (input): an
/// invalid marker.
Result<PickedWheel> pick_wheel(const Lockfile& lock, std::string_view name, const WheelTarget& target);

/// The wheels of some names for a platform of a lock, in their order.
struct PlatformWheels {
  specs::Platform platform;
  std::vector<PickedWheel> picks;
};

/// Picks for each platform of the lock, in its order, with the supported Python that has wheels for most of
/// the names. If a lock does not state its platforms, those with wheels for most of the names are used, one
/// of each group with the same wheels. Errors: those of pick_wheel.
Result<std::vector<PlatformWheels>> pick_for_platforms(const Lockfile& lock,
                                                       const std::vector<std::string>& names);

}  // namespace launch::project
