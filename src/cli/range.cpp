#include "commands/range.hpp"

#include <memory>

#include "cli/app.hpp"
#include "cli/reports/range.hpp"
#include "cli/version_options.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(Find the oldest and newest torch that have the names that code needs, and the lines that set these bounds)";

constexpr const char* kFooter =
    R"(Every version is checked for the names that are needed to import the code. The result is compared with what
the nearest pyproject.toml, setup.cfg, setup.py or requirements.txt declares. A name for which the answer is
unknown sets no bound. The exit code is 1 if no version has everything, or if a declared one lacks something.

Examples:
  launch range src/
  launch range src/ --need path               also names in functions, branches and error handlers
  launch range src/ --package torchvision
)";

struct RangeOptions {
  std::vector<std::string> paths;
  VersionOptions versions;
  std::string need = "must";
};

Result<int> run_range(World& world, const RangeOptions& options) {
  commands::RangeRequest request{{}, options.paths, options.versions.exclude};
  TRY_ASSIGN(request.versions, version_query(options.versions));
  if (options.need == "path") request.needs = probe::Needs::path;
  const auto range = commands::range(std::move(request), world.context);
  if (!range) return ended(world, range.error(), "not all versions were checked");
  world.terminal.clear();
  world.output.line(world.json ? range_json(*range) : range_text(*range));
  return range->fails() ? kNo : 0;
}

}  // namespace

void register_range(App& app) {
  const auto options = std::make_shared<RangeOptions>();
  auto command = app.add("range", kDescription);
  command.footer(kFooter);
  command.option("PATHS", &options->paths, "Files and folders of code").required().value_name("");
  add_version_options(command, options->versions);
  command.option("--need", &options->need, "Consider names that are needed at least this firmly")
      .value_name("NEED")
      .one_of({"must", "path"})
      .shows_default();
  command.runs([options](World& world) { return run_range(world, *options); });
}

}  // namespace launch::cli
