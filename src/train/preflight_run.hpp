#pragma once

#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "base/work.hpp"
#include "train/control.hpp"
#include "train/place.hpp"
#include "train/preflight.hpp"
#include "train/train.hpp"

namespace launch::train {

/// Runs the check of a plan at its place, removes all of it, and says what it found. Ends it if its ranks say
/// nothing for longer than any part of it may take. nullopt: a stop was requested meanwhile. Errors: those of
/// Training; a node could not be started.
Result<std::optional<Preflight>> run_preflight(const Plan& plan, Place& place, Control* control,
                                               const std::filesystem::path& logs, const Work& work,
                                               const StopTokens& tokens);

}  // namespace launch::train
