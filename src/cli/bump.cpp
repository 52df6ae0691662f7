#include "commands/bump.hpp"

#include <memory>

#include <fmt/format.h>

#include "cli/app.hpp"
#include "cli/option_values.hpp"
#include "cli/reports/bump_formats.hpp"

namespace launch::cli {
namespace {

constexpr int kTries = 10;

constexpr const char* kDescription = R"(Move the lock of a recipe to the newest nightly that works)";

constexpr const char* kFooter =
    R"(Nightlies are tried from the newest down to the locked one. For each, a lock is resolved (only what the recipe
takes from the channel moves, and what must move with it), checked for the names that the code under [verify]
scan needs, built and verified. The first that passes replaces the lock, its Dockerfile and the record of its
verification. If none does, nothing changes, including the recipe's image, and the exit code is 1. The report
says what broke, since which nightly, and which commits of torch lie in between. If the recipe does not use the
nightly channel, only the newest torch that it allows is tried.

An image that failed verification is remembered, and is not verified again unless it or the smoke test changes.

Examples:
  launch bump demo                                the newest nightly that works
  launch bump demo --no-build                     the newest that has the names; needs no engine
  launch bump demo --format markdown > report.md  for a pull request or an issue
)";

struct BumpOptions {
  std::string recipe;
  std::optional<std::string> engine;
  std::optional<int> tries;
  std::string format;
  bool no_build = false;
  bool again = false;
};

Result<int> run_bump(World& world, const BumpOptions& options) {
  TRY_ASSIGN(const auto format, format_of(world, options.format));
  TRY_ASSIGN(const auto tries, at_least(1, options.tries, "--tries"));
  const auto document = commands::bump({.recipe = options.recipe,
                                        .engine = options.engine,
                                        .tries = tries.value_or(kTries),
                                        .build = !options.no_build,
                                        .again = options.again},
                                       world.context);
  if (!document) return ended(world, document.error(), "the lock was not moved");
  world.terminal.clear();
  world.output.line(bump_report(format, *document));
  return document->works() ? kYes : kNo;
}

}  // namespace

void register_bump(App& app) {
  const auto options = std::make_shared<BumpOptions>();
  auto command = app.add("bump", kDescription);
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, kRecipeHelp).required().value_name("");
  command.option("--engine", &options->engine, engine_help()).value_name("ENGINE");
  command.option("--tries", &options->tries, fmt::format("Try at most N nightlies (default: {})", kTries))
      .value_name("N");
  command.flag("--no-build", options->no_build, "Do not build or verify");
  command.flag("--again", options->again, "Verify again what failed verification in an earlier bump");
  add_format_option(command, options->format, bump_format_names());
  command.runs([options](World& world) { return run_bump(world, *options); });
}

}  // namespace launch::cli
