#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/world.hpp"

namespace CLI {
class App;
}

namespace launch::cli {

/// The command line; each command registers its options and what it does.
class App {
 public:
  using Command = std::function<Result<int>(World&)>;

  struct Chosen {
    Command run;
    bool takes_rest = false;
  };

  /// `root` is the CLI11 application; `chosen` receives the command that the arguments name.
  App(CLI::App& root, Chosen& chosen) : root_(&root), chosen_(&chosen) {}

  CLI::App& root() { return *root_; }
  /// Called by a subcommand's callback: this is what is to be run. The int is the exit code.
  void choose(Command command) { chosen_->run = std::move(command); }
  /// The same for a command that takes World::rest, what stands after "--".
  void choose_with_rest(Command command) { *chosen_ = {std::move(command), true}; }

 private:
  CLI::App* root_;
  Chosen* chosen_;
};

/// Reads the command line (without the program's name) and runs what it names. The exit code of
/// docs/design.md.
int run_command_line(std::vector<std::string> arguments, World world);

void register_lock(App& app);
void register_fetch(App& app);
void register_render(App& app);
void register_build(App& app);
void register_check(App& app);
void register_scan(App& app);
void register_train(App& app);
void register_guard(App& app);
void register_doctor(App& app);

}  // namespace launch::cli
