#include "commands/build.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/reports/layer_sizes.hpp"

namespace launch::cli {
namespace {

constexpr const char* kFooter =
    R"(The image's digest is known before it is built: the engine pulls the image from the store, and it is the same in every
engine and registry. With python = "base" in the recipe, the engine builds the Dockerfile: one engine gives the same
image ID on every machine, provided all build as root or all rootless. An image that exists is reused.
An engine that does not reach this machine's loopback addresses, such as one on another machine, gets an archive.
What is printed can be run: where docker keeps no digest for an image that it did not push, it is the image's ID.

Examples:
  launch build demo                   print localhost/launch/demo@sha256:…
  launch build demo --digest          print the digest; nothing is built
  launch build demo --push registry.example/team/demo:1
                                      push it, for all platforms of the lock
  podman run --rm -it $(launch build demo) python3)";

struct BuildOptions {
  std::string recipe;
  std::optional<std::string> engine;
  bool from_scratch = false;
  bool dockerfile = false;
  bool no_run = false;
  bool digest = false;
  std::optional<std::string> push;
  bool sbom = false;
};

nlohmann::json sizes_of(const commands::BuildDocument& built) {
  auto sizes = nlohmann::json::array();
  for (const auto& layer : built.sizes) {
    auto& size = sizes.emplace_back(nlohmann::json{{"name", layer.name}, {"digest", layer.digest.text()}});
    if (layer.compressed) size["compressed"] = *layer.compressed;
    if (layer.unpacked) size["unpacked"] = *layer.unpacked;
  }
  return sizes;
}

nlohmann::json overlaps_of(const commands::BuildDocument& built) {
  auto overlaps = nlohmann::json::array();
  for (const auto& each : built.outcome.overlaps) {
    overlaps.push_back(
        {{"package", each.package}, {"by", each.by}, {"files", each.files}, {"first", each.first}});
  }
  return overlaps;
}

std::string json_of(const commands::BuildDocument& built) {
  auto layers = nlohmann::json::array();
  for (const auto& layer : built.layers) {
    layers.push_back({{"digest", layer.digest.text()}, {"size", layer.size}, {"wheels", layer.wheels}});
  }
  nlohmann::json json{{"schema", 1},
                      {"image", built.reference()},
                      {"image_id", built.outcome.image.image_id.text()},
                      {"engine", built.engine},
                      {"up_to_date", built.outcome.up_to_date},
                      {"layers", std::move(layers)},
                      {"sizes", sizes_of(built)},
                      {"replaced", overlaps_of(built)},
                      {"seconds", built.seconds}};
  if (built.digest) json["digest"] = built.digest->text();
  if (const auto& nameless = built.outcome.nameless) json["nameless"] = nameless->text();
  return json_text(json);
}

nlohmann::json json_of(const commands::DigestDocument& document) {
  auto images = nlohmann::json::array();
  for (const auto& image : document.images) {
    images.push_back({{"platform", image.platform.text()},
                      {"digest", image.digest.text()},
                      {"image_id", image.image_id.text()}});
  }
  return {{"schema", 1}, {"digest", document.digest().text()}, {"images", std::move(images)}};
}

Result<int> run_digest(World& world, const BuildOptions& options) {
  TRY_ASSIGN(const auto document,
             commands::image_digest({.recipe = options.recipe, .engine = options.engine}, world.context));
  world.terminal.clear();
  world.output.line(world.json ? json_text(json_of(document)) : document.digest().text());
  return 0;
}

Result<int> run_push(World& world, const BuildOptions& options) {
  const auto pushed = commands::push_image(
      {.recipe = options.recipe, .engine = options.engine, .to = *options.push, .sbom = options.sbom},
      world.context);
  if (!pushed) return ended(world, pushed.error(), "a tag moves only after everything else was sent");
  world.terminal.clear();
  world.context.reporter.note(fmt::format(
      "pushed {}: {} sent ({}), {}{} already there, {}", pushed->name, count_of(pushed->sent, "blob"),
      human_bytes(pushed->sent_bytes),
      pushed->mounted == 0 ? "" : fmt::format("{} mounted from other repositories, ", pushed->mounted),
      pushed->present, human_seconds(pushed->seconds)));
  if (!world.json) {
    world.output.line(pushed->reference);
    return 0;
  }
  auto sboms = nlohmann::json::array();
  for (const auto& each : pushed->sboms) sboms.push_back(each.text());
  auto json = json_of(pushed->image);
  json.update({{"image", pushed->reference},
               {"present", pushed->present},
               {"mounted", pushed->mounted},
               {"sent", pushed->sent},
               {"sent_bytes", pushed->sent_bytes},
               {"sboms", std::move(sboms)},
               {"seconds", pushed->seconds}});
  world.output.line(json_text(json));
  return 0;
}

Result<int> run_build(World& world, const BuildOptions& options) {
  if (options.sbom && !options.push) {
    return fail(input_error("--sbom requires --push")
                    .hint(fmt::format("run `launch render {} --sbom` to write them beside the Dockerfile",
                                      options.recipe)));
  }
  if (options.digest) return run_digest(world, options);
  if (options.push) return run_push(world, options);
  const auto built = commands::build({.recipe = options.recipe,
                                      .engine = options.engine,
                                      .from_scratch = options.from_scratch,
                                      .dockerfile = options.dockerfile,
                                      .run = !options.no_run},
                                     world.context);
  if (!built) return ended(world, built.error(), "no image was built");
  world.terminal.clear();
  const auto& outcome = built->outcome;
  world.context.reporter.note(outcome.up_to_date ? fmt::format("{} is up to date", outcome.name)
                                                 : fmt::format("{} is built: {} of wheels, {}", outcome.name,
                                                               human_bytes(outcome.unpacked.bytes),
                                                               human_seconds(built->seconds)));
  if (!outcome.up_to_date && !built->sizes.empty()) {
    const bool all = built->sizes.size() == outcome.image.layers.size();
    world.context.reporter.note(layer_sizes_text(built->sizes, all ? "" : " of wheels"));
  }
  if (outcome.nameless) {
    constexpr std::size_t kEnough = 12;
    const auto id = outcome.nameless->hex().substr(0, kEnough);
    world.context.reporter.note(fmt::format(
        "the earlier image {1} is kept without a name: `{0} image rm {1}` removes it", built->engine, id));
  }
  world.output.line(world.json ? json_of(*built) : built->reference());
  return 0;
}

}  // namespace

void register_build(App& app) {
  auto command = app.add("build", "Build the image of a locked recipe");
  auto options = std::make_shared<BuildOptions>();
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, kRecipeHelp).required();
  command.option("--engine", &options->engine, engine_help());
  const auto scratch =
      command.flag("--from-scratch", options->from_scratch,
                   "Build the image again even if it exists; with a Dockerfile, do not reuse layers");
  const auto dockerfile =
      command.flag("--dockerfile", options->dockerfile, "Have the engine build the Dockerfile");
  const auto no_run = command.flag("--no-run", options->no_run, "Do not try a new image in a container");
  const auto digest = command.flag("--digest", options->digest, "Only print the digest of the image")
                          .excludes(scratch)
                          .excludes(dockerfile)
                          .excludes(no_run);
  command.option("--push", &options->push, "Push the image under this name, straight from the store")
      .value_name("NAME[:TAG]")
      .excludes(scratch)
      .excludes(dockerfile)
      .excludes(no_run)
      .excludes(digest);
  command.flag("--sbom", options->sbom, "With --push: attach bills of materials (CycloneDX and SPDX)");
  command.runs([options](World& world) { return run_build(world, *options); });
}

}  // namespace launch::cli
