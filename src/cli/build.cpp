#include "commands/build.hpp"

#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"

namespace launch::cli {
namespace {

constexpr const char* kFooter =
    R"(If the lock, the Dockerfile and the project's files are unchanged, the existing image is reused. One engine gives
the same image ID on every machine, from scratch or from cached layers, provided all build as root or all rootless.

Examples:
  launch build demo                   print localhost/launch/demo@sha256:…
  launch build demo --from-scratch    reuse no layer of an earlier build
  podman run --rm -it $(launch build demo) python3)";

struct BuildOptions {
  std::string recipe;
  std::optional<std::string> engine;
  bool from_scratch = false;
};

std::string json_of(const commands::BuildDocument& built) {
  auto layers = nlohmann::json::array();
  for (const auto& layer : built.layers) {
    layers.push_back({{"digest", layer.digest.text()}, {"size", layer.size}, {"wheels", layer.wheels}});
  }
  return json_text(nlohmann::json{{"schema", 1},
                                  {"image", built.reference()},
                                  {"image_id", built.outcome.image.image_id.text()},
                                  {"engine", built.engine},
                                  {"up_to_date", built.outcome.up_to_date},
                                  {"layers", std::move(layers)},
                                  {"seconds", built.seconds}});
}

Result<int> run_build(World& world, const BuildOptions& options) {
  const auto built = commands::build(
      {.recipe = options.recipe, .engine = options.engine, .from_scratch = options.from_scratch},
      world.context);
  if (!built) return ended(world, built.error(), "no image was built");
  world.terminal.clear();
  const auto& outcome = built->outcome;
  world.context.reporter.note(outcome.up_to_date ? fmt::format("{} is up to date", outcome.name)
                                                 : fmt::format("{} is built: {} of wheels, {}", outcome.name,
                                                               human_bytes(outcome.unpacked.bytes),
                                                               human_seconds(built->seconds)));
  world.output.line(world.json ? json_of(*built) : built->reference());
  return 0;
}

}  // namespace

void register_build(App& app) {
  auto command = app.add("build", "Build the image of a locked recipe");
  auto options = std::make_shared<BuildOptions>();
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, kRecipeHelp).required();
  command.option("--engine", &options->engine,
                 "Use this engine: " + containers::engine_choice() + " (default: the first that works)");
  command.flag("--from-scratch", options->from_scratch, "Rebuild every layer");
  command.runs([options](World& world) { return run_build(world, *options); });
}

}  // namespace launch::cli
