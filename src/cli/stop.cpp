#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/app.hpp"
#include "commands/runs.hpp"

namespace launch::cli {
namespace {

std::string sentence_of(const commands::StopDocument& document) {
  const auto& run = document.run.summary.run;
  switch (document.found) {
    case train::RunState::running:
      if (document.run.state == train::RunState::interrupted) return fmt::format("stopped {}", run);
      break;
    case train::RunState::lost:
      if (document.cleared)
        return fmt::format("{} has already ended, and its end was not recorded: nothing was left of it", run);
      return fmt::format("the launch of {} was killed: removed what was left of it", run);
    default:
      break;
  }
  return fmt::format("{} has already ended: {}", run, train::state_name(document.run.state));
}

Result<int> run_stop(World& world, const std::string& run) {
  const auto document = commands::stop(run, world.context);
  if (!document) return ended(world, document.error(), "the run still ends");
  if (world.json) {
    world.output.line(json_text(nlohmann::ordered_json{{"schema", 1},
                                                       {"run", document->run.summary.run},
                                                       {"found", train::state_name(document->found)},
                                                       {"state", train::state_name(document->run.state)}},
                                2));
  } else {
    world.context.reporter.note(sentence_of(*document));
  }
  return 0;
}

}  // namespace

void register_stop(App& app) {
  auto run = std::make_shared<std::string>();
  auto command = app.add("stop", "Stop a run from anywhere on this machine");
  command.footer(
      "The launch of the run stops all nodes, closes the record and returns 143. If it was killed, what it "
      "left is\n"
      "removed. A run that has already ended is no error.\n"
      "\n"
      "  launch stop last");
  command.option("RUN", run.get(), kRunHelp).required();
  command.runs([run](World& world) { return run_stop(world, *run); });
}

}  // namespace launch::cli
