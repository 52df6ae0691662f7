#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "probe/report.hpp"
#include "probe/wheel_lookup.hpp"

namespace launch::commands {

/// The locked wheels of a recipe or of a lock without one.
struct LockedWheels {
  std::string name = {};                   ///< a recipe's or a lock's, or a path to one
  std::vector<std::string> packages = {};  ///< empty: all whose modules the code imports
};

struct CheckRequest {
  /// The wheels to check: locked ones, or those of any release.
  std::variant<LockedWheels, probe::ReleaseQuery> wheels;
  std::vector<std::string> paths = {};    ///< the code; empty: the recipe's [verify] scan
  std::vector<std::string> exclude = {};  ///< patterns of what is not read below the paths
  std::vector<std::string> modules = {};  ///< only names of these top-level modules; empty: of all
  /// An older version of the release: only what it had and the other lacks is a failure.
  std::optional<std::string> from = {};
  probe::FailOn fail_on = probe::FailOn::path;
  std::optional<std::string> baseline = {};        ///< a file with failures that are known
  std::optional<std::string> write_baseline = {};  ///< a file to write the failures to
  bool history = false;  ///< ask the index which versions have a missing name (add_history)
};

/// Checks whether wheels have the names that code imports, on every platform of a lock. With a lock, names of
/// packages that it does not provide are missing, and so are names that need such a package; without one,
/// only torch is asked. Warns about files of the code that could not be read completely. Errors: (input) no
/// code or no wheels given, with a hint; an invalid baseline; those of load_locked, load_lock, LockWheels,
/// open_locked_wheels, open_release, scan_tree and PlatformApis::ask; a stop.
Result<probe::CheckReport> check(const CheckRequest& request, const Context& context);

}  // namespace launch::commands
