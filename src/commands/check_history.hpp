#pragma once

#include "commands/check.hpp"
#include "commands/context.hpp"
#include "project/lockfile.hpp"

namespace launch::commands {

/// Adds to a report which versions have the names that it lacks: releases, or the newest nightlies of a
/// channel if the wheel is from there. The index is asked for 10 s at most; if it does not answer, the report
/// says why. `lock`: of the wheels that were checked; null for those of a release.
void add_history(probe::CheckReport& report, const CheckRequest& request, const project::Lockfile* lock,
                 const Context& context);

}  // namespace launch::commands
