#pragma once

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
  std::vector<std::string> packages = {};  ///< empty: the recipe's [torch] packages; of a lock, PyTorch's own
};

struct CheckRequest {
  /// The wheels to check: locked ones, or those of any release.
  std::variant<LockedWheels, probe::ReleaseQuery> wheels;
  std::vector<std::string> paths = {};  ///< the code; empty: the recipe's [verify] scan
};

/// Checks whether wheels have the names that code imports, on every platform of a lock. Warns about files of
/// the code that could not be read completely. Errors: (input) no code or no wheels given, with a hint; those
/// of load_locked, load_lock, open_locked_wheels, open_release, scan_tree and PlatformApis::ask; a stop.
Result<probe::CheckReport> check(const CheckRequest& request, const Context& context);

}  // namespace launch::commands
