#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/process.hpp"
#include "base/work.hpp"
#include "train/place.hpp"
#include "train/run_folder.hpp"
#include "train/run_record.hpp"
#include "train/train.hpp"

namespace launch::train {

/// What a run needs of the world.
struct RunWorld {
  ProcessRunner& runner;
  Work work;
  std::filesystem::path program;  ///< launch itself, which is its own guard
  std::function<int()> signal;    ///< the one that asked for the stop; 0 before
};

struct RunReport {
  RunEnd end;
  double stop_seconds = 0;  ///< see Outcome
};

/// The life of a run: makes its folder and record, holds its lock, has a guard clean up should this process
/// be killed, runs it, ends it when a signal or `launch stop` asks for that, and closes the record. What went
/// wrong once it had begun is in RunEnd::error. Errors (environment): folder, record or guard cannot be made.
Result<RunReport> carry_out(const Plan& plan, Place& place, const RunFolder& folder, const RunWorld& world,
                            LogMux::Show show);

/// What an outcome comes to: result, code and who stopped it. The code is that of the rank which failed
/// first, or 128 + signal; `launch stop` counts as SIGTERM. Pure.
RunEnd end_of(Outcome outcome, int signal, bool stop_requested);

/// The command that guards a run, and its arguments after the program: what `carry_out` starts and the
/// command line reads.
inline constexpr const char* kGuardCommand = "guard";
std::vector<std::string> guard_arguments(const RunFolder& folder);

/// Gives a record without an end the result "lost". Errors (environment): it cannot be read or written.
Result<void> mark_lost(const RunFolder& folder, const Work& work);

/// Removes what is left of a run whose process is gone, and closes its record with the result "lost". Errors
/// (environment): the record cannot be read or written, something could not be removed.
Result<void> close_lost_run(const RunFolder& folder, ProcessRunner& runner, const Work& work);

}  // namespace launch::train
