#include "image/build.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/find_engine.hpp"
#include "locking/locate.hpp"
#include "store/wheel_store.hpp"

namespace launch::cli {
namespace {

constexpr const char* kFooter =
    "The image is found again when lock, Dockerfile and project files are the same; then nothing is done. "
    "Built from\n"
    "scratch or on layers that were there, by the same engine, on all machines as root or on none, it gets "
    "the "
    "same\n"
    "image ID.\n"
    "\n"
    "Examples:\n"
    "  launch build demo                   prints localhost/launch/demo@sha256:…\n"
    "  launch build demo --from-scratch    uses no layer of an earlier build\n"
    "  podman run --rm -it $(launch build demo) python3";

struct Options {
  std::string recipe;
  std::optional<std::string> engine;
  bool from_scratch = false;
};

/// "STEP 7/30: COPY wheels/torch/ /opt/venv/" is what a person waits for; the rest is told to who asks for
/// more.
void tell(World& world, std::string_view line) {
  const auto text = printable(line);
  if (!text.starts_with("STEP ") || world.terminal.live() == false) return log_debug("{}", text);
  world.terminal.status(text);
}

void warn_of_stale_dockerfile(const project::Project& project, const project::Locked& locked,
                              const std::string& dockerfile) {
  const auto place = project.image_folder(locked.recipe.name) / "Dockerfile";
  std::error_code code;
  if (!std::filesystem::exists(place, code)) return;
  const auto found = read_file(place);
  if (found && *found == dockerfile) return;
  log_warning(
      "{} is not what recipe and lock say, and what they say is built; write it anew: launch render {}",
      project.shown(place), locked.recipe.name);
}

/// What the engine can be given to run; docker knows a digest only of what a registry has.
std::string reference(const image::BuildOutcome& outcome) {
  if (outcome.image.digest.empty()) return outcome.image.image_id;
  return fmt::format("{}@{}", outcome.name, outcome.image.digest);
}

nlohmann::json document(const image::BuildOutcome& outcome, const std::vector<image::WheelLayer>& layers,
                        const containers::Engine& engine, double seconds) {
  auto listed = nlohmann::json::array();
  for (const auto& layer : layers) {
    listed.push_back({{"digest", layer.digest}, {"size", layer.size}, {"wheels", layer.wheels}});
  }
  return {{"schema", 1},
          {"image", reference(outcome)},
          {"image_id", outcome.image.image_id},
          {"engine", engine.info().name()},
          {"up_to_date", outcome.up_to_date},
          {"layers", listed},
          {"seconds", seconds}};
}

Result<int> run(const Options& options, World& world) {
  const auto began = world.clock.steady();
  TRY_ASSIGN(const auto place, find_place(world));
  const auto& [project, site] = place;
  image::BuildRequest request;
  TRY_ASSIGN(request.locked, project::load_locked(project, options.recipe));
  TRY_ASSIGN(request.copies, image::find_project_files(request.locked.recipe, project.root()));
  request.from_scratch = options.from_scratch;
  TRY_ASSIGN(const auto dockerfile, image::dockerfile_of(request.locked, request.copies));
  warn_of_stale_dockerfile(project, request.locked, dockerfile);
  TRY_ASSIGN(const auto engine, find_engine(world, site, options.engine));
  const auto http = make_http(world, site);

  request.fetch =
      [&](const std::vector<project::LockedWheel>& wheels) -> Result<std::vector<std::filesystem::path>> {
    TRY_ASSIGN(auto fetched,
               locking::fetch_locked(
                   wheels, request.locked.lock.lock.provenance, request.locked.lock.file.parent_path(), site,
                   store::WheelStore(site.store.value), *http,
                   [&](auto done, auto total) { world.terminal.progress("fetching wheels", done, total); },
                   world.stop));
    return std::move(fetched.paths);
  };
  image::BuildEvents events;
  events.unpacking = [&](auto done, auto total) { world.terminal.progress("unpacking wheels", done, total); };
  events.line = [&](std::string_view line) { tell(world, line); };
  events.waiting = [&] {
    log_info("another build of {} is going on; waiting for its end", request.locked.recipe.name);
  };
  auto built = image::build_image(request, engine, site, events, world.stop);
  world.terminal.clear();
  if (!built && world.stop.stop_requested()) return interrupted(world, "no image was built");
  TRY_ASSIGN(const auto outcome, std::move(built));
  const auto seconds = std::chrono::duration<double>(world.clock.steady() - began).count();
  if (outcome.up_to_date) {
    log_info("{} is up to date", outcome.name);
  } else {
    log_info("{} is built: {} of wheels, {}", outcome.name, human_bytes(outcome.unpacked.bytes),
             human_seconds(seconds));
  }
  if (world.json) {
    TRY_ASSIGN(const auto layers, image::wheel_layers(request, outcome.image, site));
    world.output.line(document(outcome, layers, engine, seconds).dump());
  } else {
    world.output.line(reference(outcome));
  }
  return 0;
}

}  // namespace

void register_build(App& app) {
  auto command = app.add("build", "Build the image of a locked recipe");
  auto options = std::make_shared<Options>();
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, "A recipe's name or file").required();
  command.option("--engine", &options->engine, "podman, docker or a path to one; else the first that works");
  command.flag("--from-scratch", options->from_scratch, "Build every layer anew");
  command.runs([options](World& world) { return run(*options, world); });
}

}  // namespace launch::cli
