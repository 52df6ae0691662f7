#pragma once

#include <string>

#include "base/result.hpp"
#include "containers/engine.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// True if it matters which user ranks run as: the plan mounts folders for writing, or has secrets, and what
/// is known of their owners here holds in the containers.
bool depends_on_user(const Plan& plan, const containers::EngineInfo& engine);

/// Looks whether the ranks' user, with these IDs in the containers, can write what is mounted for writing and
/// read the secrets. Where the engine can make this process's user theirs, and that helps, sets Plan::caller;
/// notes what they cannot write, with a fix. Errors (input): a secret that they cannot read.
Result<void> fit_user(Plan& plan, const containers::EngineInfo& engine, const std::string& user,
                      const containers::UserIds& ids);

/// Notes what SELinux keeps the ranks from, since it is mounted with the label that it has.
void note_labels(Plan& plan, const containers::EngineInfo& engine);

}  // namespace launch::train
