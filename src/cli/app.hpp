#pragma once

#include <functional>

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

  /// `root` is the CLI11 application; `chosen` receives the command that the arguments name.
  App(CLI::App& root, Command& chosen) : root_(&root), chosen_(&chosen) {}

  CLI::App& root() { return *root_; }
  /// Called by a subcommand's callback: this is what is to be run. The int is the exit code.
  void choose(Command command) { *chosen_ = std::move(command); }

 private:
  CLI::App* root_;
  Command* chosen_;
};

void register_lock(App& app);
void register_fetch(App& app);
void register_render(App& app);
void register_build(App& app);
void register_check(App& app);
void register_train(App& app);
void register_doctor(App& app);

}  // namespace launch::cli
