#include "commands/init.hpp"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/app.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription = R"(Write a first recipe for a source tree)";

constexpr const char* kFooter =
    R"(Reads the imports of the code, requirements.txt, pyproject.toml and .python-version below PATH (default: the
current folder), and writes PATH/recipes/NAME.toml. Each line that it chose is printed with the reason. Nothing is
run, no index is asked, and an existing recipe is never overwritten.

Examples:
  launch init                   recipes/FOLDER.toml for the code in this folder
  launch init ../nanoGPT --name gpt
  launch init --stdout          print the recipe; write nothing
)";

struct InitOptions {
  std::string path = ".";
  std::optional<std::string> name;
  bool to_stdout = false;
};

std::string json_of(const commands::InitDocument& document, bool written) {
  using Json = nlohmann::ordered_json;
  auto choices = Json::array();
  for (const auto& one : document.choices) choices.push_back({{"what", one.what}, {"reason", one.reason}});
  const Json json = {{"schema", 1},
                     {"recipe", document.file},
                     {"name", document.name},
                     {"written", written},
                     {"text", document.text},
                     {"choices", std::move(choices)},
                     {"warnings", document.warnings}};
  return json_text(json);
}

Result<int> run_init(World& world, const InitOptions& options) {
  const auto document = commands::init(
      {.path = options.path, .name = options.name, .write = !options.to_stdout}, world.context);
  if (!document) return ended(world, document.error(), "nothing was written");
  world.terminal.clear();
  auto& reporter = world.context.reporter;
  for (const auto& one : document->choices) reporter.note(fmt::format("{}: {}", one.what, one.reason));
  for (const auto& warning : document->warnings) reporter.warn(warning);
  if (world.json) {
    world.output.line(json_of(*document, !options.to_stdout));
  } else if (options.to_stdout) {
    world.output.write(document->text);
  }
  if (!options.to_stdout)
    reporter.note(fmt::format("{} is written: run `launch lock {}`", document->file, document->name));
  return 0;
}

}  // namespace

void register_init(App& app) {
  const auto options = std::make_shared<InitOptions>();
  auto command = app.add("init", kDescription);
  command.footer(kFooter);
  command.option("PATH", &options->path, "Folder of the source tree").value_name("");
  command.option("--name", &options->name, "Name of the recipe (default: that of the folder)")
      .value_name("NAME");
  command.flag("--stdout", options->to_stdout, "Print the recipe; write nothing");
  command.runs([options](World& world) { return run_init(world, *options); });
}

}  // namespace launch::cli
