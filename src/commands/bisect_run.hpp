#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "commands/trial_state.hpp"
#include "probe/bisection.hpp"
#include "probe/versions.hpp"

namespace launch::commands {

struct BisectRunRequest {
  std::string recipe;                      ///< name or path
  std::string command;                     ///< a line for sh, run in a container of each candidate
  probe::VersionQuery bounds = {};         ///< from, to and last; the recipe says the rest
  std::optional<std::string> engine = {};  ///< podman, docker or a path to one
  bool again = false;                      ///< forget what an earlier search found
};

/// A version that was tried, now or before.
struct TriedVersion {
  std::size_t version = 0;  ///< its place among the versions
  KnownTrial known;
};

struct RunBisection {
  std::string recipe;
  std::string command;
  std::vector<std::string> versions;  ///< that can be tried; oldest first
  std::vector<probe::SkippedVersion> skipped;
  std::vector<TriedVersion> tried;  ///< oldest first
  std::optional<probe::Change> change;
  std::string commits_unknown;  ///< why a change has no commits
  bool works_after = false;     ///< the command works after the change, and failed before
  std::size_t changes = 0;      ///< among what was tried; `change` is the newest
  std::size_t remembered = 0;   ///< versions that an earlier search had tried
};

/// "works (2 runs)", "works (2 of 3 runs, which disagree: exit code 1)", "fails (2 runs: exit codes 1 and
/// 3)", "is skipped: it cannot be locked: …"
std::string outcome_text(const KnownTrial& known);

/// Finds the versions of torch between which a command begins to fail, or to work, in the image of a recipe.
/// Each candidate is the recipe's lock with that torch, and what must change with it. The two ends come
/// first; if they say the same, nothing is searched. The newest change is narrowed by halves. A version that
/// cannot be locked or built is skipped, and so is one whose command exits with 125. A run is repeated until
/// two agree. The project's lock and the image that has the recipe's name stay as they are, and the images of
/// candidates are removed. Errors: (input) the recipe pins the version or has no torch, fewer than two
/// versions can be tried, the command cannot be started; those of list_versions; those of lock, build and
/// Engine::run that say nothing of a candidate; a stop, after which the same search goes on where it was.
Result<RunBisection> bisect_run(const BisectRunRequest& request, const Context& context);

}  // namespace launch::commands
