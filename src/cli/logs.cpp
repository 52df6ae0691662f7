#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/colour.hpp"
#include "base/json.hpp"
#include "cli/app.hpp"
#include "commands/runs.hpp"

namespace launch::cli {
namespace {

Result<int> run_logs(World& world, const commands::LogsRequest& request) {
  std::vector<std::string> kept;
  const auto document = commands::logs(request, world.context, [&](std::string_view line) {
    if (world.json) {
      kept.emplace_back(line);
      return;
    }
    world.output.line(printable(line, world.output.reader().colours));
    if (request.follow) world.output.flush();
  });
  TRY(document);
  if (world.context.stop.stop_requested()) return 128 + world.context.signal();
  if (!world.json) return 0;
  world.output.line(json_text(nlohmann::ordered_json{{"schema", 1},
                                                     {"run", document->run.summary.run},
                                                     {"state", train::state_name(document->run.state)},
                                                     {"file", document->file.string()},
                                                     {"lines", kept}},
                              2));
  return 0;
}

}  // namespace

void register_logs(App& app) {
  auto request = std::make_shared<commands::LogsRequest>();
  auto command = app.add("logs", "Print the log of a run");
  command.footer(
      "Without --rank, these are the lines of all ranks and of torchrun, in order of arrival, with "
      "[node.rank] before\n"
      "each.\n"
      "\n"
      "  launch logs last --follow          the newest run, until it ends\n"
      "  launch logs demo-2026 --rank 3     a unique prefix of an ID is enough");
  command.option("RUN", &request->run, kRunHelp).required();
  command.flag("--follow", request->follow, "Print new lines until the run ends");
  command.option("--rank", &request->rank, "Only the lines of this rank").value_name("N|NODE.N");
  command.runs([request](World& world) { return run_logs(world, *request); });
}

}  // namespace launch::cli
