#include <iostream>
#include <memory>
#include <string>

#include "cli/app.hpp"
#include "train/control.hpp"
#include "train/run.hpp"

namespace launch::cli {
namespace {

/// Waits on stdin, a pipe that only the starting `launch train` holds: "done" means that the run was cleaned
/// up, end of file that it was killed.
Result<int> guard(const std::string& path, World& world) {
  const auto folder = train::RunFolder::at(path);
  // A batch system signals all processes of a job; these are for the ranks.
  if (world.context.take_signals) world.context.take_signals([](int /*number*/) {});
  {
    const train::Heartbeat heartbeat(folder.control(), train::Keeper::guard, world.context.work());
    std::string word;
    if (std::getline(std::cin, word) && word == "done") return 0;
  }
  TRY(train::close_lost_run(folder, world.context.runner, world.context.work()));
  return 0;
}

}  // namespace

/// Started by `launch train` itself; not in any help text.
void register_guard(App& app) {
  auto folder = std::make_shared<std::string>();
  auto command = app.add(train::kGuardCommand, "Clean up after a launch train that was killed");
  command.hidden();
  command.option("FOLDER", folder.get()).required();
  command.runs([folder](World& world) { return guard(*folder, world); });
}

}  // namespace launch::cli
