#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/process.hpp"
#include "base/work.hpp"
#include "train/place.hpp"
#include "train/preflight.hpp"
#include "train/run_folder.hpp"
#include "train/run_record.hpp"
#include "train/train.hpp"

namespace launch::train {

/// What a run needs from outside.
struct RunWorld {
  ProcessRunner& runner;
  Work work;
  std::filesystem::path program;  ///< launch itself, which is its own guard
  std::function<int()> signal;    ///< the one that requested the stop; 0 before
  /// See commands::Context.
  std::function<std::stop_token(std::function<void(int)>)> take_signals = {};
};

struct RunReport {
  RunEnd end;
  double stop_seconds = 0;  ///< see Outcome
  int attempts = 1;         ///< that began
  std::string flight = {};  ///< the folder of the flight recorder's dumps; empty: there are none
  std::optional<Preflight> preflight = {};  ///< nullopt: there was none, or it was interrupted
};

/// Carries out a run: creates its folder and record, holds its lock, starts a guard that cleans up should
/// this process be killed, runs the plan's check and, if that works, its training, ends them on a signal or
/// `launch stop`, and completes the record. Failures after the start are in RunEnd::error. Errors
/// (environment): folder, record or guard cannot be created.
Result<RunReport> carry_out(const Plan& plan, Place& place, const RunFolder& folder, const RunWorld& world,
                            LogMux::Show show);

/// The end of a run: result, code and what stopped it. The code is that of the rank that failed first, or 128
/// + signal; `launch stop` counts as SIGTERM. Pure.
RunEnd end_of(Outcome outcome, int signal, bool stop_requested);

/// The hidden command that guards a run, and its arguments after the program: `carry_out` starts it and the
/// command line parses it.
inline constexpr const char* kGuardCommand = "guard";
std::vector<std::string> guard_arguments(const RunFolder& folder);

/// Completes an unfinished record with the result "lost". Errors (environment): it cannot be read or written.
Result<void> mark_lost(const RunFolder& folder, const Work& work);

/// Removes what is left of a run whose process is gone, and completes its record with the result "lost".
/// Errors (environment): the record cannot be read or written, something could not be removed.
Result<void> close_lost_run(const RunFolder& folder, ProcessRunner& runner, const Work& work);

}  // namespace launch::train
