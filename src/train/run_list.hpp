#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "train/run_folder.hpp"
#include "train/run_record.hpp"

namespace launch::train {

enum class RunState {
  running,
  succeeded,
  failed,
  interrupted,
  lost,  ///< its process was killed, or could not record the end
};
/// "running", as in --json.
std::string_view state_name(RunState state);

struct ListedRun {
  RunFolder folder;
  RunSummary summary;
  RunState state = RunState::lost;
};

/// Reads a run's record, and whether its process lives. Errors (environment): the record cannot be read.
Result<ListedRun> look_at_run(const RunFolder& folder);

struct RunList {
  std::vector<ListedRun> runs;  ///< newest first
  std::vector<Error> problems;  ///< of records that cannot be read
};
/// Errors (environment): the folder of runs cannot be read.
Result<RunList> list_runs(const std::filesystem::path& state);

/// The run with this ID, an ID with this prefix, or "last". Errors (input): no such run, with a "did you
/// mean"; several runs match. (environment): its record cannot be read.
Result<ListedRun> find_run(const std::filesystem::path& state, std::string_view id);

}  // namespace launch::train
