#include "commands/bisect.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "cli/app.hpp"
#include "cli/reports/bisect_run.hpp"
#include "cli/reports/matrix.hpp"
#include "cli/version_options.hpp"
#include "commands/bisect_run.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    "Find the versions and commits in which names of torch came or went, or a command began to fail";

constexpr const char* kFooter =
    R"(Every version is checked, since a name can come, go and come back; all intervals are printed. Versions without
a usable wheel are skipped and listed; a change next to one may have happened in it. A change comes with the
commits of the two versions, as torch's wheels record them. The exit code is 1 if nothing changed.

With --run, the argument is a recipe, and a shell command is the test. For each version tried, the recipe is locked
with that torch, its image is built, and the command runs in a container of it, without a network and with the
machine's GPUs; LAUNCH_BISECT_VERSION names the version. As for `git bisect run`, exit code 0 means that it works
and 125 that the version cannot be judged; 126 and 127 end the search, and any other code means that it fails. Each
version is run until two runs agree. The oldest and the newest are tried first; if they differ, the newest change is
found by bisection. Versions that cannot be locked or built are skipped and listed. The project's lock and image stay
as they are, and the images that were built are removed; `launch store gc` removes their wheels. An interrupted search
continues when it is started again.

Examples:
  launch bisect torch.utils.checkpoint:CheckpointPolicy
  launch bisect torch.distributed.pipelining --channel nightly --cuda cu128 --from 2025-06-01
  launch bisect demo --run "python -m pytest -x tests/test_step.py" --from 2025-06-01
)";

struct BisectOptions {
  std::vector<std::string> names;
  VersionOptions versions;
  std::optional<std::string> run;
  std::optional<std::string> engine;
  bool again = false;
};

/// Errors (input): options that only names, or only a command, can have.
Result<void> check_options(const BisectOptions& options) {
  const auto& versions = options.versions;
  if (!options.run) {
    if (options.engine) return fail(input_error("--engine needs --run"));
    if (options.again) return fail(input_error("--again needs --run"));
    return {};
  }
  const std::pair<const char*, bool> of_recipe[] = {{"--package", !versions.package.empty()},
                                                    {"--channel", !versions.channel.empty()},
                                                    {"--cuda", !versions.cuda.empty()},
                                                    {"--python", !versions.python.empty()},
                                                    {"--exclude", !versions.exclude.empty()}};
  for (const auto& [name, given] : of_recipe) {
    if (given)
      return fail(
          input_error(fmt::format("{} cannot be combined with --run, which takes it from the recipe", name)));
  }
  if (options.names.size() == 1) return {};
  return fail(input_error(fmt::format("--run takes one recipe, not {}", options.names.size())));
}

Result<int> run_command(World& world, const BisectOptions& options) {
  commands::BisectRunRequest request{.recipe = options.names.front(),
                                     .command = *options.run,
                                     .engine = options.engine,
                                     .again = options.again};
  TRY_ASSIGN(request.bounds, version_query(options.versions));
  const auto bisection = commands::bisect_run(request, world.context);
  if (!bisection) return ended(world, bisection.error(), "run the same command again to continue");
  world.terminal.clear();
  world.output.line(world.json ? bisect_run_json(*bisection) : bisect_run_text(*bisection));
  return bisection->change ? kYes : kNo;
}

Result<int> run_bisect(World& world, const BisectOptions& options) {
  TRY(check_options(options));
  if (options.run) return run_command(world, options);
  commands::VersionQuestion question{{}, options.names, options.versions.exclude};
  TRY_ASSIGN(question.versions, version_query(options.versions));
  const auto bisection = commands::bisect(std::move(question), world.context);
  if (!bisection) return ended(world, bisection.error(), "not all versions were checked");
  world.terminal.clear();
  world.output.line(world.json ? bisect_json(*bisection) : bisect_text(*bisection));
  return bisection->found() ? 0 : kNo;
}

}  // namespace

void register_bisect(App& app) {
  const auto options = std::make_shared<BisectOptions>();
  auto command = app.add("bisect", kDescription);
  command.footer(kFooter);
  command.option("NAMES", &options->names, "Names, or files and folders of code; with --run, a recipe")
      .required()
      .value_name("");
  add_version_options(command, options->versions);
  command.option("--run", &options->run, "Run this shell command in an image of each version tried")
      .value_name("COMMAND");
  command.option("--engine", &options->engine, engine_help()).value_name("ENGINE");
  command.flag("--again", options->again, "With --run, forget what an earlier search found");
  command.runs([options](World& world) { return run_bisect(world, *options); });
}

}  // namespace launch::cli
