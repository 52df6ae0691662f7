#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "cli/app.hpp"
#include "train/nodes/local.hpp"
#include "train/run_record.hpp"

namespace launch::cli {
namespace {

struct GuardOptions {
  std::string kind;
  std::string program;
  std::string run;
  std::string record;
};

/// Waits on stdin, which only the `launch train` that started it holds: "done" is a run that was cleaned up,
/// the end of the stream one that was killed.
Result<int> guard(const GuardOptions& options, World& world) {
  std::string word;
  if (std::getline(std::cin, word) && word == "done") return 0;
  containers::EngineInfo info;
  info.kind = options.kind == "docker" ? containers::EngineKind::docker : containers::EngineKind::podman;
  info.program = options.program;
  const containers::Engine engine(info, world.context.runner, {}, world.context.work());
  constexpr std::chrono::milliseconds kPause{500};
  auto removed = during(train::remove_run(engine, options.run, [&] { world.context.clock.sleep(kPause); }),
                        "cleaning up after a killed launch");
  TRY(train::mark_killed(world.context.disk, options.record, utc_timestamp(world.context.clock.now())));
  TRY(removed);
  return 0;
}

}  // namespace

/// `launch train` starts it by itself; it is in no help text.
void register_guard(App& app) {
  auto options = std::make_shared<GuardOptions>();
  auto command = app.add("guard", "Cleans up after a launch train that was killed");
  command.hidden();
  command.option("--kind", &options->kind).required();
  command.option("--program", &options->program).required();
  command.option("--run", &options->run).required();
  command.option("--record", &options->record).required();
  command.runs([options](World& world) { return guard(*options, world); });
}

}  // namespace launch::cli
