#include "commands/render.hpp"

#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/line_diff.hpp"

namespace launch::cli {
namespace {

constexpr const char* kFooter =
    R"(Examples:
  launch render demo             write images/demo/Dockerfile and .dockerignore, to be committed
  launch render demo --sbom      write sbom.cdx.json (CycloneDX 1.6) and sbom.spdx.json (SPDX 2.3) too;
                                 from then on, they are kept up to date without the option
  launch render demo --check     in CI: exit with 1 if they differ from what recipe and lock give
  launch render demo --stdout    print the Dockerfile and write nothing
  launch render demo --context /tmp/demo
                                 write what the Dockerfile copies, too, so that `podman build /tmp/demo` works
                                 without launch)";

struct RenderOptions {
  std::string recipe;
  bool check = false;
  bool to_stdout = false;
  bool sbom = false;
  std::optional<std::string> context;
};

/// Errors (no): a file differs; prints the differences first, except of generated JSON.
Result<int> check(const commands::RenderDocument& rendered, Terminal& terminal) {
  const auto refuse = [&](const commands::RenderedFile& file, std::string_view what,
                          std::string_view option) {
    return fail(Error(ErrorKind::no, fmt::format("{} is {}", file.file, what))
                    .hint(fmt::format("run `launch render {}{}`", rendered.recipe, option)));
  };
  for (const auto* file : {&rendered.dockerfile, &rendered.dockerignore}) {
    if (!file->changed()) continue;
    if (!file->previous) return refuse(*file, "missing", "");
    terminal.text(line_diff(*file->previous, file->text, file->file, "rendered from recipe and lock"));
    return refuse(*file, "out of date", "");
  }
  for (const auto& file : rendered.sboms) {
    if (file.changed()) return refuse(file, file.previous ? "out of date" : "missing", " --sbom");
  }
  return 0;
}

void tell(const commands::RenderDocument& rendered, Reporter& reporter) {
  const auto say = [&](const commands::RenderedFile& file, bool changed) {
    reporter.note(fmt::format("{} {}", file.file, changed ? "is written" : "is up to date"));
  };
  say(rendered.dockerfile, rendered.dockerfile.changed() || rendered.dockerignore.changed());
  for (const auto& each : rendered.sboms) say(each, each.changed());
}

std::string json_of(const commands::RenderDocument& rendered) {
  auto sboms = nlohmann::json::array();
  for (const auto& each : rendered.sboms) sboms.push_back({{"file", each.file}, {"changed", each.changed()}});
  return json_text(nlohmann::json{{"schema", 1},
                                  {"dockerfile", rendered.dockerfile.file},
                                  {"changed", rendered.changed()},
                                  {"sboms", std::move(sboms)}});
}

Result<int> run_context(World& world, const RenderOptions& options) {
  TRY_ASSIGN(const auto written, commands::write_context(options.recipe, *options.context, world.context));
  const auto folder = written.folder.string();
  const auto platform = written.platform.oci();
  world.terminal.clear();
  world.context.reporter.note(
      fmt::format("{} is written for {}: {} of wheels; build it with `podman build --platform "
                  "{} {}` or `docker build --platform {} {}`",
                  folder, platform, human_bytes(written.unpacked.bytes), platform, shell_quote(folder),
                  platform, shell_quote(folder)));
  if (world.json) {
    world.output.line(json_text(nlohmann::json{{"schema", 1},
                                               {"context", folder},
                                               {"recipe", written.recipe},
                                               {"platform", written.platform.text()},
                                               {"bytes", written.unpacked.bytes}}));
  }
  return 0;
}

Result<int> run_render(World& world, const RenderOptions& options) {
  if (options.context) return run_context(world, options);
  const bool write = !options.check && !options.to_stdout;
  TRY_ASSIGN(
      const auto rendered,
      commands::render({.recipe = options.recipe, .write = write, .sbom = options.sbom}, world.context));
  if (options.to_stdout) {
    world.output.write(rendered.dockerfile.text);
    return 0;
  }
  if (options.check) return check(rendered, world.terminal);
  tell(rendered, world.context.reporter);
  if (world.json) world.output.line(json_of(rendered));
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
  const auto sbom = command.flag("--sbom", options->sbom,
                                 "Also write the bills of materials of the image (CycloneDX, SPDX)");
  const auto to_stdout =
      command.flag("--stdout", options->to_stdout, "Print the Dockerfile instead of writing it")
          .excludes(check)
          .excludes(sbom);
  command
      .option("--context", &options->context,
              "Write the Dockerfile and all that it copies into this new folder, for builds without launch")
      .value_name("DIR")
      .excludes(check)
      .excludes(sbom)
      .excludes(to_stdout);
  command.runs([options](World& world) { return run_render(world, *options); });
}

}  // namespace launch::cli
