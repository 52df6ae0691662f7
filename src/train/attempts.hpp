#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "train/control.hpp"
#include "train/place.hpp"
#include "train/plan.hpp"
#include "train/run_folder.hpp"
#include "train/run_record.hpp"
#include "train/train.hpp"

namespace launch::train {

/// Why no further attempt is made after this outcome; empty if one may help: a rank failed, or hung. Not
/// after an interrupt, not if the run's surroundings failed, and not if another attempt would fail in the
/// same way (Cause::repeats). Pure.
std::string why_not_again(const Outcome& outcome);

/// What attempts need besides their plan.
struct AttemptWorld {
  Place& place;
  const RunFolder& folder;
  Control& control;
  LogMux::Show show;
  Work work;
  /// Called after each attempt, with the time at which it began: adds to its cause what this machine knows.
  std::function<void(std::chrono::system_clock::time_point began, Outcome& outcome)> explain = {};
  /// Called after an attempt that is followed by another, before that.
  std::function<void(Attempt)> failed = {};
};

/// Runs a plan, and after a failure all of it again, at most `plan.restarts` times; returns the last outcome.
/// Before each attempt, everything of the one before is removed; if that fails, or the next cannot be
/// prepared, a warning says so, and there is none. Errors (environment): those of Training::run.
Result<Outcome> run_attempts(const Plan& plan, const AttemptWorld& world, const StopTokens& tokens);

}  // namespace launch::train
