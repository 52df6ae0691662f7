#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "commands/fallbacks.hpp"
#include "project/recipe.hpp"

namespace launch::commands {

/// The fallbacks (fallbacks_between) that make a recipe's code, what [verify] scan names, work with the torch
/// of two of its locks, for their first platform. Errors: (input) a lock without torch; those of load_lock,
/// open_locked_wheels, scan_tree and fallbacks_between.
Result<FallbackDocument> fallbacks_of_locks(const Workspace& workspace, const project::Recipe& recipe,
                                            const std::filesystem::path& older,
                                            const std::filesystem::path& newer, const Context& context);

}  // namespace launch::commands
