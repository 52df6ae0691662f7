#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "commands/context.hpp"

namespace launch::cli {

/// What main hands to a command, and what the command line says besides the command's own options.
struct World {
  commands::Context context;
  Terminal& terminal;
  Output& output;
  bool json = false;                   ///< --json
  std::vector<std::string> rest = {};  ///< what stands after "--"
};

/// How a command ends whose workflow gave an error. Where a signal asked for that, it says so and what it
/// means ("interrupted; nothing was written") and gives the signal's exit code; else the error.
Result<int> ended(const World& world, Error error, std::string_view meaning);

}  // namespace launch::cli
