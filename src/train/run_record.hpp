#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "train/failure.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// How a run ended.
struct RunEnd {
  std::string ended;  ///< RFC 3339, UTC
  double seconds = 0;
  int code = 0;        ///< what `launch train` returns
  std::string result;  ///< "succeeded", "failed", "interrupted", "killed"
  std::optional<Cause> cause;
  std::vector<RankEnd> ranks;
  std::vector<NodeEnd> nodes;
};

/// The record of a run, as it is kept in RUNS/ID/run.json (docs/design.md, "The files").
struct RunRecord {
  const Plan& plan;
  std::string started;  ///< RFC 3339, UTC
  std::string engine;   ///< "podman 4.3.1"
  std::vector<std::vector<std::string>> commands;
  std::optional<RunEnd> end;  ///< none while it runs
};

/// The document. Pure.
std::string write_run_record(const RunRecord& record);

/// Marks the record in a run's folder as ended by a kill of launch itself, unless it has an end. Errors
/// (world): the record cannot be read or written.
Result<void> mark_killed(Disk& disk, const std::filesystem::path& folder, const std::string& when);

/// Makes RUNS/ID and RUNS/ID/logs. Errors (world).
Result<std::filesystem::path> make_run_folder(Disk& disk, const std::filesystem::path& state,
                                              const std::string& run);

}  // namespace launch::train
