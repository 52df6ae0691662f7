#include "commands/range.hpp"

#include <memory>

#include "cli/app.hpp"
#include "cli/reports/range.hpp"
#include "cli/version_options.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(Find the oldest and newest torch that has what code needs, and the lines that set these bounds)";

constexpr const char* kFooter =
    R"(Every version is asked for the names that importing the code needs. The answer is compared with what the
nearest pyproject.toml, setup.cfg, setup.py or requirements.txt declares. A name that is unknown sets no bound.
The exit code is 1 if no version has everything, or if a declared one lacks something.

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
  commands::RangeRequest request{{}, options.paths};
  TRY_ASSIGN(request.versions, version_query(options.versions));
  if (options.need == "path") request.needs = probe::Needs::path;
  const auto range = commands::range(std::move(request), world.context);
  if (!range) return ended(world, range.error(), "the versions were not asked");
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
  command.option("--need", &options->need, "Count names that are needed this firmly, or more so")
      .value_name("NEED")
      .one_of({"must", "path"})
      .shows_default();
  command.runs([options](World& world) { return run_range(world, *options); });
}

}  // namespace launch::cli
