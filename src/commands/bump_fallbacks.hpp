#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "commands/fallbacks.hpp"
#include "project/recipe.hpp"

namespace launch::commands {

/// The fallbacks (fallbacks_between) for the code under a recipe's [verify] scan and the torch of two of its
/// locks, on their first platform. Errors: (input) a lock without torch; those of load_lock,
/// open_locked_wheels, scan_tree and fallbacks_between.
Result<FallbackDocument> fallbacks_of_locks(const Workspace& workspace, const project::Recipe& recipe,
                                            const std::filesystem::path& older,
                                            const std::filesystem::path& newer, const Context& context);

}  // namespace launch::commands
