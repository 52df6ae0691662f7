#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "train/failure.hpp"
#include "train/place.hpp"
#include "train/plan.hpp"
#include "train/preflight.hpp"

namespace launch::train {

/// How a run ended.
struct RunEnd {
  std::string ended;  ///< RFC 3339, UTC
  double seconds = 0;
  std::string result;       ///< "succeeded", "failed", "interrupted"
  std::optional<int> code;  ///< of the rank that failed first, or 128 + signal; nullopt after an error
  std::optional<Error> error = {};  ///< a node could not be started, the place failed, something is left
  std::optional<Cause> cause;
  std::string stopped_by;  ///< "SIGINT", "launch stop"; empty unless interrupted
  std::vector<RankEnd> ranks;
  std::vector<NodeEnd> nodes;
  std::vector<RankFrame> frames = {};  ///< see Outcome
  std::vector<int> unknown = {};       ///< the same
  bool hurried = false;                ///< the same
};

/// The ranks that were killed because they did not end in their time, or of which nothing is known; sorted.
std::vector<int> killed_ranks(const RunEnd& end);

/// An attempt that failed, after which the run was started again.
struct Attempt {
  std::string started;  ///< RFC 3339, UTC
  double time = 0;      ///< the same in seconds since 1970
  RunEnd end;
};

/// The record of a run, as stored in its folder (docs/design.md, "The files").
struct RunRecord {
  const Plan& plan;
  std::string started;  ///< RFC 3339, UTC
  double time = 0;      ///< the same in seconds since 1970
  int pid = 0;          ///< of the run's process, for people
  PlaceHandle handle;
  PlaceDescription description;
  PlaceCommands commands;
  std::vector<Attempt> attempts = {};       ///< those before the last
  std::optional<RunEnd> end;                ///< of the last; nullopt while it runs
  std::optional<Preflight> preflight = {};  ///< of the check before the training
};

/// The document. Pure.
std::string write_run_record(const RunRecord& record);

/// Completes an unfinished record with the result "lost": the run's process was killed. Pure. Errors
/// (environment): the text is not a record.
Result<std::string> with_lost_end(std::string_view text, const std::string& when);

/// The parts of a record that lists show, and that find the run again.
struct RunSummary {
  std::string run;
  std::string recipe;
  std::string started;            ///< RFC 3339, UTC
  double time = 0;                ///< the same in seconds since 1970
  std::string result;             ///< empty while it has no end
  std::optional<double> seconds;  ///< how long it took
  std::optional<int> code;
  std::string cause_kind;  ///< "exception", "error"; empty: none
  std::string cause;       ///< "rank 3 on node 1 raised ValueError: no", or an error's message
  int nodes = 0;
  int ranks_per_node = 1;
  EnvironmentKind environment = EnvironmentKind::image;
  std::chrono::seconds grace = Grace().interrupted;  ///< that ranks have when it is stopped
  PlaceHandle handle;
  std::vector<specs::GpuSet> gpus = {};  ///< of each node
};
/// Pure. Errors (environment): the text is not a record.
Result<RunSummary> read_run_record(std::string_view text);

}  // namespace launch::train
