#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "project/lockfile.hpp"
#include "specs/marker.hpp"
#include "specs/tag.hpp"

namespace launch::project {

/// For who takes wheels of any glibc.
inline constexpr int kNewestGlibcMinor = 99;

/// Whether the package's marker lets it be installed. Errors (input): it is no marker.
Result<bool> applies(const LockedPackage& package, const specs::MarkerEnvironment& environment);

/// What a lock may be installed into.
struct LockEnvironment {
  specs::Interpreter python;
  specs::Platform platform;
};

/// The CPythons (3.8 to 3.16) and platforms that a lock is for, as far as its markers and requires-python
/// say.
std::vector<LockEnvironment> environments_of(const Lockfile& lock);

/// An interpreter on a platform, as wheels are picked for it.
struct WheelTarget {
  specs::MarkerEnvironment environment;
  std::vector<specs::Tag> tags;  ///< best first

  explicit WheelTarget(const specs::Target& target);
};

/// What a target gets of a name; points into the lock.
struct PickedWheel {
  const LockedPackage* package = nullptr;  ///< none: no package of that name applies
  const LockedWheel* wheel = nullptr;      ///< none: nor has it a wheel that fits
  bool operator==(const PickedWheel&) const = default;
};

/// Of the packages of that name the one whose marker applies, and of its wheels the one whose tags fit best.
/// Errors (input): a marker that is none.
Result<PickedWheel> pick_wheel(const Lockfile& lock, std::string_view name, const WheelTarget& target);

/// What a platform of a lock gets of some names, in their order.
struct PlatformWheels {
  specs::Platform platform;
  std::vector<PickedWheel> picks;
};

/// Picks for each platform of the lock, in its order, with the Python (of those that the lock is for) that
/// gets most of the names. A lock that does not say its platforms has those that get most of them, one of
/// those that get the same. Errors: those of pick_wheel.
Result<std::vector<PlatformWheels>> pick_for_platforms(const Lockfile& lock,
                                                       const std::vector<std::string>& names);

}  // namespace launch::project
