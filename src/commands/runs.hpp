#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "train/run_list.hpp"
#include "train/run_story.hpp"

namespace launch::commands {

struct RunsDocument {
  std::string folder;                  ///< of the run records
  std::vector<train::ListedRun> runs;  ///< newest first; of those that run, `seconds` is how long by now
};

/// All runs of this machine. Warns about records that cannot be read. Errors: those of load_site and
/// list_runs.
Result<RunsDocument> runs(const Context& context);

struct RunStoryDocument {
  train::ListedRun run;
  train::RunStory story;
  std::string record;  ///< the text of its file
};

/// All that is recorded of a run: `id`, a unique prefix of one, or "last". Errors: those of load_site and
/// find_run; (environment) the record cannot be read.
Result<RunStoryDocument> run_story(const std::string& id, const Context& context);

struct LogsRequest {
  std::string run;                       ///< an ID, a unique prefix of one, or "last"
  std::optional<std::string> rank = {};  ///< "3" or "1.3"; else all lines of the run
  bool follow = false;                   ///< until the run ends
};

struct LogsDocument {
  train::ListedRun run;
  std::filesystem::path file;
};

/// Passes the lines of a run's log to `on_line`, in order of arrival. Returns early on a stop. Errors: those
/// of load_site and find_run; (input) the run has no such rank; (environment) the log cannot be read.
Result<LogsDocument> logs(const LogsRequest& request, const Context& context,
                          const std::function<void(std::string_view)>& on_line);

struct StopDocument {
  train::ListedRun run;   ///< as it is now
  train::RunState found;  ///< as it was: running, lost, or ended before
  bool cleared = false;   ///< nothing of it was left before
};

/// Ends a run from anywhere: asks its process to end it, and waits. If that process was killed, removes what
/// is left of the run and completes its record as lost. Errors: those of load_site, find_run and
/// close_lost_run; (environment) the run did not end in time; a stop, after which the run still ends.
Result<StopDocument> stop(const std::string& run, const Context& context);

}  // namespace launch::commands
