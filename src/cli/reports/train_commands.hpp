#pragma once

#include <string>

#include "commands/train.hpp"

namespace launch::cli {

/// The commands of a run as a shell script, with each variable's reason in comments. It returns the code of a
/// node that failed.
std::string train_script(const commands::TrainCommands& wanted);

/// The same as a document: `launch --json train --dry-run` (docs/json.md).
std::string train_commands_json(const commands::TrainCommands& wanted);

}  // namespace launch::cli
