#include <iostream>
#include <memory>
#include <string>

#include "cli/app.hpp"
#include "train/run.hpp"

namespace launch::cli {
namespace {

/// Waits on stdin, which only the `launch train` that started it holds: "done" is a run that was cleaned up,
/// the end of the stream one that was killed.
Result<int> guard(const std::string& folder, World& world) {
  std::string word;
  if (std::getline(std::cin, word) && word == "done") return 0;
  TRY(train::close_lost_run(train::RunFolder::at(folder), world.context.runner, world.context.work()));
  return 0;
}

}  // namespace

/// `launch train` starts it by itself; it is in no help text.
void register_guard(App& app) {
  auto folder = std::make_shared<std::string>();
  auto command = app.add(train::kGuardCommand, "Clean up after a launch train that was killed");
  command.hidden();
  command.option("FOLDER", folder.get()).required();
  command.runs([folder](World& world) { return guard(*folder, world); });
}

}  // namespace launch::cli
