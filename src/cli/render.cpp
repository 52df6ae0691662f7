#include "commands/render.hpp"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/app.hpp"
#include "cli/line_diff.hpp"

namespace launch::cli {
namespace {

constexpr const char* kFooter =
    R"(Examples:
  launch render demo             write images/demo/Dockerfile and .dockerignore, to be committed
  launch render demo --check     in CI: exit with 1 if they differ from what recipe and lock give
  launch render demo --stdout    print the Dockerfile and write nothing)";

struct RenderOptions {
  std::string recipe;
  bool check = false;
  bool to_stdout = false;
};

/// Errors (no): a file differs; prints the differences first.
Result<int> check(const commands::RenderDocument& rendered, Terminal& terminal) {
  for (const auto* file : {&rendered.dockerfile, &rendered.dockerignore}) {
    if (!file->changed()) continue;
    if (!file->previous) {
      return fail(Error(ErrorKind::no, fmt::format("{} is missing", file->file))
                      .hint(fmt::format("run `launch render {}`", rendered.recipe)));
    }
    terminal.text(line_diff(*file->previous, file->text, file->file, "rendered from recipe and lock"));
    return fail(Error(ErrorKind::no, fmt::format("{} is out of date", file->file))
                    .hint(fmt::format("run `launch render {}`", rendered.recipe)));
  }
  return 0;
}

Result<int> run_render(World& world, const RenderOptions& options) {
  const bool write = !options.check && !options.to_stdout;
  TRY_ASSIGN(const auto rendered,
             commands::render({.recipe = options.recipe, .write = write}, world.context));
  if (options.to_stdout) {
    world.output.write(rendered.dockerfile.text);
    return 0;
  }
  if (options.check) return check(rendered, world.terminal);
  const auto& file = rendered.dockerfile.file;
  world.context.reporter.note(
      fmt::format("{} {}", file, rendered.changed() ? "is written" : "is up to date"));
  if (world.json) {
    world.output.line(
        json_text(nlohmann::json{{"schema", 1}, {"dockerfile", file}, {"changed", rendered.changed()}}));
  }
  return 0;
}

}  // namespace

void register_render(App& app) {
  auto command = app.add("render", "Write the Dockerfile of a locked recipe");
  auto options = std::make_shared<RenderOptions>();
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, kRecipeHelp).required();
  const auto check = command.flag("--check", options->check,
                                  "Write nothing; print a diff and exit with 1 if it is out of date");
  command.flag("--stdout", options->to_stdout, "Print the Dockerfile instead of writing it").excludes(check);
  command.runs([options](World& world) { return run_render(world, *options); });
}

}  // namespace launch::cli
