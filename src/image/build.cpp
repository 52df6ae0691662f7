#include "image/build.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "image/context.hpp"
#include "image/dockerfile.hpp"
#include "image/layers.hpp"
#include "image/scratch.hpp"
#include "image/turn.hpp"
#include "project/recipe_digest.hpp"
#include "store/wheel_store.hpp"

namespace launch::image {
namespace {

constexpr const char* kInputs = "launch.inputs";

/// The platform of the recipe that is built here: this machine's, else its first.
specs::Platform platform_of(const project::Recipe& recipe) {
  const auto own = specs::Platform::of_this_machine();
  const auto& all = recipe.platforms;
  return own && std::find(all.begin(), all.end(), *own) != all.end() ? *own : all.front();
}

/// Everything that the image's bytes come from, as one digest: the Dockerfile names base and lock, the lock
/// the wheels.
Result<std::string> digest_of_inputs(const BuildRequest& request, const std::string& dockerfile,
                                     const specs::Platform& platform) {
  constexpr int kContextVersion = 3;  // counts up when the same input is laid out in another way
  TRY_ASSIGN(const auto project, project_digest(request.copies));
  const auto recipe = project::recipe_digest(request.locked.recipe, project::Stage::image).text();
  return "sha256:" + sha256_hex(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n", kContextVersion, platform.text(),
                                            image_timestamp(request.locked.lock.lock), project, recipe,
                                            sha256_hex(dockerfile)));
}

Result<std::optional<containers::Image>> find_same(const containers::Engine& engine, const std::string& tag,
                                                   const std::string& inputs) {
  TRY_ASSIGN(auto image, engine.find_image(tag));
  if (!image) return std::nullopt;
  const auto found = image->labels.find(kInputs);
  if (found == image->labels.end() || found->second != inputs) return std::nullopt;
  return image;
}

Result<std::vector<archive::WheelSource>> fetch_wheels(const BuildRequest& request,
                                                       const std::vector<ImageWheel>& wheels) {
  std::vector<project::LockedWheel> wanted;
  wanted.reserve(wheels.size());
  for (const auto& wheel : wheels) wanted.push_back(wheel.wheel);
  TRY_ASSIGN(const auto paths, request.fetch(wanted));
  std::vector<archive::WheelSource> sources;
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    sources.push_back({wheels[i].package, paths.at(i)});
  }
  return sources;
}

/// Beside the store, where there is room for the wheels and so, most likely, for what is in them.
std::filesystem::path beside_store(const project::Site& site, const char* name) {
  return std::filesystem::path(site.store.value).parent_path() / name;
}

/// Packages of the lock that this platform has no wheel of.
std::vector<std::string> absent_packages(const project::Lockfile& lock,
                                         const std::vector<ImageWheel>& wheels) {
  std::set<std::string> absent;
  for (const auto& package : lock.packages) absent.insert(package.name);
  for (const auto& wheel : wheels) absent.erase(wheel.package);
  return {absent.begin(), absent.end()};
}

/// The wheels of the recipe's platform that is built here.
Result<std::vector<ImageWheel>> wheels_of(const BuildRequest& request) {
  const auto& recipe = request.locked.recipe;
  return during(wheels_for(request.locked.lock.lock, recipe.python, platform_of(recipe)),
                fmt::format("reading {}", request.locked.lock.file.string()));
}

}  // namespace

Result<std::string> dockerfile_of(const project::Locked& locked, const std::vector<ProjectCopy>& copies) {
  DockerfileInput input{locked.recipe, locked.lock, {}};
  for (const auto& copy : copies) input.copies.push_back(copy.to);
  return render_dockerfile(input);
}

Result<BuildOutcome> build_image(const BuildRequest& request, const containers::Engine& engine,
                                 const project::Site& site,
                                 const std::function<void(std::string_view)>& on_line, const Work& work) {
  const auto& recipe = request.locked.recipe;
  const auto& lock = request.locked.lock.lock;
  const auto platform = platform_of(recipe);
  TRY_ASSIGN(const auto dockerfile, dockerfile_of(request.locked, request.copies));
  TRY_ASSIGN(const auto inputs, digest_of_inputs(request, dockerfile, platform));
  BuildOutcome outcome;
  outcome.name = project::image_name(recipe.name);
  const auto tag = project::image_reference(recipe.name);
  const auto up_to_date = [&]() -> Result<bool> {
    if (request.from_scratch) return false;
    TRY_ASSIGN(const auto same, find_same(engine, tag, inputs));
    if (same) outcome.image = *same;
    outcome.up_to_date = same.has_value();
    return outcome.up_to_date;
  };
  const auto turns = beside_store(site, "builds");
  const auto image = project::engine_name(recipe.name);
  TRY_ASSIGN(auto turn, BuildTurn::try_take(work.disk, turns, image));
  if (turn) TRY(engine.remove_remains(turn->remains()));
  TRY_ASSIGN(const bool there, up_to_date());
  if (there) return outcome;
  if (!turn) {
    work.reporter.note(fmt::format("another build of {} is going on; waiting for its end", recipe.name));
    TRY_ASSIGN(turn, BuildTurn::take(turns, image, work));
    TRY(engine.remove_remains(turn->remains()));
    TRY_ASSIGN(const bool there_now, up_to_date());
    if (there_now) return outcome;
  }

  TRY_ASSIGN(const auto wheels, wheels_of(request));
  ContextSpec context;
  context.python = recipe.python;
  context.interpreter = base_interpreter(*lock.provenance.base);
  TRY_ASSIGN(context.wheels, fetch_wheels(request, wheels));
  context.absent = absent_packages(lock, wheels);
  context.copies = request.copies;
  // Last, so that the layers below know nothing of it: an image ID must not tell which of them were there.
  context.dockerfile = fmt::format("{}LABEL {}={}\n", dockerfile, kInputs, inputs);
  context.dockerignore = render_dockerignore();
  TRY_ASSIGN(const auto scratch, ScratchFolder::make(work.disk, beside_store(site, "contexts")));
  TRY_ASSIGN(outcome.unpacked, write_context(scratch.path(), context, work));

  containers::BuildSpec spec;
  spec.context = scratch.path();
  spec.dockerfile = scratch.path() / "Dockerfile";
  spec.tag = tag;
  spec.timestamp = image_timestamp(lock);
  spec.platform = platform.oci();
  spec.from_scratch = request.from_scratch;
  spec.annotations = {{kInputs, inputs}};
  spec.remains = turn->remains();
  spec.base = fmt::format("{}@{}", lock.provenance.base->name, lock.provenance.base->digest->text());
  TRY_ASSIGN(outcome.image, engine.build(spec, on_line, work.stop));
  return outcome;
}

Result<std::vector<WheelLayer>> wheel_layers(const BuildRequest& request, const containers::Image& image,
                                             const project::Site& site) {
  const store::WheelStore store(site.store.value);
  TRY_ASSIGN(const auto wheels, wheels_of(request));
  const auto plan = plan_layers(request.locked.lock.lock);
  const auto& digests = image.layers;
  const auto above = request.copies.size() + 1;  // the project's files, and the bytecode below them
  std::vector<WheelLayer> layers;
  if (digests.size() < plan.size() + above) return layers;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    WheelLayer layer{digests[digests.size() - above - plan.size() + i], 0, {}};
    for (const auto& wheel : wheels) {
      if (std::find(plan[i].begin(), plan[i].end(), wheel.package) == plan[i].end()) continue;
      layer.wheels.push_back(wheel.wheel.file_name);
      layer.size +=
          archive::unpacked_size(store.path_of({.name = wheel.wheel.file_name, .sha256 = wheel.wheel.sha256}))
              .value_or(0);
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace launch::image
