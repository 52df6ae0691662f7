#include "commands/runs.hpp"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/reports/run_story.hpp"
#include "cli/table.hpp"
#include "commands/page.hpp"

namespace launch::cli {
namespace {

std::vector<std::string> row_of(const train::ListedRun& run) {
  const auto& summary = run.summary;
  return {summary.run,
          summary.recipe,
          std::string(train::state_name(run.state)),
          summary.started,
          summary.seconds ? human_seconds(*summary.seconds) : "-",
          summary.code ? std::to_string(*summary.code) : "-",
          summary.cause.empty() ? "-" : summary.cause};
}

std::string json_of(const commands::RunsDocument& document) {
  using Json = nlohmann::ordered_json;
  auto runs = Json::array();
  for (const auto& [folder, summary, state] : document.runs) {
    runs.push_back(
        {{"run", summary.run},
         {"recipe", summary.recipe},
         {"state", train::state_name(state)},
         {"started", summary.started},
         {"environment", train::environment_name(summary.environment)},
         {"seconds", summary.seconds ? Json(*summary.seconds) : Json(nullptr)},
         {"code", summary.code ? Json(*summary.code) : Json(nullptr)},
         {"cause", summary.cause.empty() ? Json(nullptr)
                                         : Json{{"kind", summary.cause_kind}, {"message", summary.cause}}},
         {"record", folder.record().string()}});
  }
  return json_text(Json{{"schema", 1}, {"runs", std::move(runs)}}, 2);
}

struct RunsOptions {
  std::vector<std::string> words;
  std::string html;
};

/// `launch runs show RUN`
Result<int> show_run(World& world, const RunsOptions& options) {
  TRY_ASSIGN(const auto document, commands::run_story(options.words[1], world.context));
  if (!options.html.empty()) {
    TRY(commands::write_page(options.html, run_story_html(document), world.context));
    world.context.reporter.note("wrote " + options.html);
  }
  if (world.json) {
    world.output.write(document.record);
  } else {
    world.output.line(run_story_text(document));
  }
  return 0;
}

Result<int> run_runs(World& world, const RunsOptions& options) {
  if (options.words.size() == 2 && options.words[0] == "show") return show_run(world, options);
  if (!options.words.empty() || !options.html.empty()) {
    return fail(
        input_error("expected `launch runs`, or `launch runs show RUN` with a run's ID, a prefix of one, or "
                    "\"last\""));
  }
  TRY_ASSIGN(const auto document, commands::runs(world.context));
  if (world.json) {
    world.output.line(json_of(document));
  } else if (document.runs.empty()) {
    world.context.reporter.note("no runs in " + document.folder);
  } else {
    std::vector<std::vector<std::string>> rows{
        {"RUN", "RECIPE", "STATE", "STARTED", "DURATION", "CODE", "CAUSE"}};
    for (const auto& run : document.runs) rows.push_back(row_of(run));
    world.output.line(table_of(rows));
  }
  return 0;
}

}  // namespace

void register_runs(App& app) {
  auto command = app.add("runs", "List the runs on this machine, newest first, or show one in detail");
  command.footer(
      "A run is running, succeeded, failed, interrupted, or lost: its launch was killed.\n"
      "\n"
      "  launch runs\n"
      "  launch runs show last                     what it was, how it ended and why, and each rank's end\n"
      "  launch runs show last --html run.html     … with a timeline of the ranks\n"
      "  launch logs last");
  auto options = std::make_shared<RunsOptions>();
  command.option("WORDS", &options->words, "show RUN: show one run in detail").value_name("show RUN");
  command.option("--html", &options->html, "Also write it as a web page, with a timeline").value_name("FILE");
  command.runs([options](World& world) { return run_runs(world, *options); });
}

}  // namespace launch::cli
