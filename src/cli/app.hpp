#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/command_table.hpp"
#include "cli/manual.hpp"
#include "cli/world.hpp"

namespace launch::cli {

/// The command line; each command adds itself, its options and what it does.
class App {
 public:
  /// `root` is the CLI11 application; `chosen` receives what the command that the arguments name does.
  App(CLI::App& root, Chosen& chosen) : root_(&root), chosen_(&chosen) {}

  Command add(const std::string& name, const std::string& description);
  /// What --help says, of the program and of every command that is not hidden.
  Manual manual() const;

 private:
  CLI::App* root_;
  Chosen* chosen_;
};

/// Reads the command line (without the program's name) and runs what it names. The exit code of
/// docs/design.md.
int run_command_line(std::vector<std::string> arguments, World world);

}  // namespace launch::cli
