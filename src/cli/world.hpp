#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "commands/context.hpp"

namespace launch::cli {

/// What main passes to a command, and what the command line contains besides the command's own options.
struct World {
  commands::Context context;
  Terminal& terminal;
  Output& output;
  bool json = false;                   ///< --json
  bool verbose = false;                ///< --verbose
  std::vector<std::string> rest = {};  ///< the arguments after "--"
};

/// How a failed command ends. If a signal requested it, prints so with the consequence ("interrupted; nothing
/// was written") and returns the signal's exit code; else returns the error.
Result<int> ended(const World& world, Error error, std::string_view meaning);

}  // namespace launch::cli
