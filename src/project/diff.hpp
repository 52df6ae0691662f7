#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "project/lockfile.hpp"

namespace launch::project {

/// How one package changed between two locks.
struct PackageChange {
  enum class Kind {
    added,
    removed,
    version,
    bytes,   ///< other content under the same file name
    wheels,  ///< other files of the same version, such as those of a further platform
    place,   ///< the same files from another index, URL or path
  };
  std::string name;
  Kind kind = Kind::version;
  std::string before;  ///< version, or several with " and "; empty if it was added
  std::string after;   ///< empty if it was removed
};

/// "added"
std::string_view kind_name(PackageChange::Kind kind);
/// "torch 2.14.0 → 2.15.0", "filelock 3.18 added".
std::string change_text(const PackageChange& change);

/// A property of the whole lock that changed.
struct LockProperty {
  std::string key;                    ///< "date", "driver_floor"
  std::string label;                  ///< "date of the nightly", "driver floor"
  std::optional<std::string> before;  ///< nullopt: the lock has none
  std::optional<std::string> after;
};

/// "driver floor 525.60.13 → 580"
std::string property_text(const LockProperty& property);

struct LockDiff {
  std::vector<LockProperty> properties;  ///< only what changed; always in the same order
  std::vector<PackageChange> packages;   ///< only what changed, by name
  std::vector<LockedFile> to_fetch;      ///< files of the new lock that the old one lacks, by sha256
  std::uint64_t bytes = 0;               ///< their size, as far as the lock states it
  std::size_t unknown_sizes = 0;         ///< how many of them have no size in the lock

  /// True if both locks install the same.
  bool same() const { return properties.empty() && packages.empty(); }
};

LockDiff diff_locks(const Lockfile& before, const Lockfile& after);

}  // namespace launch::project
