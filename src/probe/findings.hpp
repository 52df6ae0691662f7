#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probe/report.hpp"

namespace launch::probe {

/// What a check says about a use of a name, worst first.
enum class Standing : std::uint8_t {
  fails,           ///< missing and needed: the check fails
  warned,          ///< missing on a path that the check does not fail for
  unknown,         ///< needed, and unknown whether it exists; fails with FailOn::unknown
  known,           ///< would fail, but is in the baseline
  before,          ///< missing, but the older release of Earlier lacks it as well
  unknown_before,  ///< needed and unknown, but the older release of Earlier is not known to have it either
  spared,          ///< missing and not needed
  not_run,         ///< missing, and a test keeps it from running with this version
  fine,
};
/// "fails", "warned", "unknown", "known", "before", "unknown before", "not needed", "not run", "fine"
std::string_view standing_name(Standing standing);

/// True if it is unknown whether the name exists, whether or not that makes the check fail.
bool is_unknown(Standing standing);

/// Of a use (by index) of a name (by index) on a platform (by index).
Standing standing_of(const CheckReport& report, std::size_t platform, std::size_t name, std::size_t use);

/// True if such a use makes the check fail.
bool fails_check(const CheckReport& report, Standing standing);

/// Uses of one name for which a check says the same on the same platforms.
struct Finding {
  std::size_t name = 0;  ///< index of the name on every platform
  Standing standing = Standing::fine;
  std::vector<std::size_t> platforms;  ///< by index
  std::vector<std::size_t> uses;       ///< by index, sorted by file and line
  std::string reason;                  ///< those of the platforms, without duplicates
};

/// Everything that is not fine, worst first, then by name.
std::vector<Finding> findings_of(const CheckReport& report);

/// The failures that a baseline would have to hold: those that make the check fail, and those it holds
/// already.
Baseline failures_of(const CheckReport& report);

/// What the report's baseline lists but no longer fails; empty without one.
Baseline stale_failures(const CheckReport& report);

/// A text that names the use of a finding and stays the same while lines above it are added or removed: a
/// hash of name, file and source line, and of how many such uses come before. For uses of one report that are
/// asked in order.
class Fingerprints {
 public:
  std::string of(const CheckReport& report, std::size_t name, std::size_t use);

 private:
  std::map<std::string, std::size_t> seen_;
};

}  // namespace launch::probe
