#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/command_table.hpp"
#include "cli/manual.hpp"
#include "cli/world.hpp"

namespace launch::cli {

/// The command line; each command registers itself, its options and its action.
class App {
 public:
  /// `root` is the CLI11 application; `chosen` receives the action of the command in the arguments.
  App(CLI::App& root, Chosen& chosen) : root_(&root), chosen_(&chosen) {}

  Command add(const std::string& name, const std::string& description);
  /// The --help of the program and of every command that is not hidden.
  Manual manual() const;

 private:
  CLI::App* root_;
  Chosen* chosen_;
};

/// Parses the command line (without the program's name) and runs the command. Returns an exit code of
/// docs/design.md.
int run_command_line(std::vector<std::string> arguments, World world);

}  // namespace launch::cli
