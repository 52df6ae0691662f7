#pragma once

#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "base/work.hpp"
#include "train/place.hpp"
#include "train/preflight.hpp"
#include "train/train.hpp"

namespace launch::train {

/// A check that was run.
struct PreflightRun {
  std::optional<Preflight> result = {};  ///< nullopt: a stop was requested meanwhile
  double stop_seconds = 0;               ///< see Outcome
};

/// Runs the check of a plan at its place, removes all of it, and says what it found. Ends it if its ranks say
/// nothing for longer than any part of it may take. Errors: those of Training; a node could not be started.
Result<PreflightRun> run_preflight(const Plan& plan, Place& place, const std::filesystem::path& logs,
                                   const Work& work, const StopTokens& tokens);

}  // namespace launch::train
