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
    "Examples:\n"
    "  launch render demo             write images/demo/Dockerfile and .dockerignore, to be committed\n"
    "  launch render demo --check     in CI: are they what recipe and lock say? (exit code 1: no)\n"
    "  launch render demo --stdout    print the Dockerfile and write nothing";

struct RenderOptions {
  std::string recipe;
  bool check = false;
  bool to_stdout = false;
};

/// Errors (no): a file differs; what differs is shown first.
Result<int> check(const commands::RenderDocument& rendered, Terminal& terminal) {
  for (const auto* file : {&rendered.dockerfile, &rendered.dockerignore}) {
    if (!file->changed()) continue;
    if (!file->previous) {
      return fail(Error(ErrorKind::no, fmt::format("{} is not there", file->file))
                      .hint(fmt::format("write it: launch render {}", rendered.recipe)));
    }
    terminal.text(line_diff(*file->previous, file->text, file->file, "rendered from recipe and lock"));
    return fail(Error(ErrorKind::no, fmt::format("{} is not what recipe and lock say", file->file))
                    .hint(fmt::format("write it anew: launch render {}", rendered.recipe)));
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
  command.option("RECIPE", &options->recipe, "A recipe's name or file").required();
  const auto check =
      command.flag("--check", options->check, "Write nothing; exit code 1 and a diff when it would change");
  command.flag("--stdout", options->to_stdout, "Print the Dockerfile instead of writing it").excludes(check);
  command.runs([options](World& world) { return run_render(world, *options); });
}

}  // namespace launch::cli
