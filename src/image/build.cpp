#include "image/build.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "containers/builder.hpp"
#include "image/context.hpp"
#include "image/dockerfile.hpp"
#include "image/layers.hpp"
#include "image/naming.hpp"
#include "image/scratch.hpp"
#include "image/turn.hpp"
#include "image/wheel_groups.hpp"
#include "project/labels.hpp"
#include "specs/platform.hpp"

namespace launch::image {
namespace {

/// A digest of everything that determines the image's bytes: the Dockerfile names base and lock, the lock the
/// wheels.
Result<Digest> digest_of_inputs(const BuildRequest& request, const std::string& dockerfile,
                                const specs::Platform& platform) {
  constexpr int kContextVersion = 5;  // incremented when the layout of the same input changes
  TRY_ASSIGN(const auto project, project_digest(request.copies));
  return Digest::of(fmt::format("{}\n{}\n{}\n{}\n{}\n", kContextVersion, platform.text(),
                                project::lock_timestamp(request.locked.lock.lock), project.hex(),
                                sha256_hex(dockerfile)));
}

Result<std::optional<containers::Image>> find_same(const containers::Engine& engine, const std::string& tag,
                                                   const Digest& inputs) {
  TRY_ASSIGN(auto image, engine.find_image(tag));
  if (!image) return std::nullopt;
  const auto found = image->labels.find(project::kInputsLabel);
  if (found == image->labels.end() || found->second != inputs.text()) return std::nullopt;
  return image;
}

Result<std::vector<archive::WheelSource>> fetch_wheels(const BuildRequest& request,
                                                       const GroupedWheels& grouped) {
  TRY_ASSIGN(const auto paths, request.fetch(grouped.locked()));
  std::vector<archive::WheelSource> sources;
  for (std::size_t i = 0; i < grouped.wheels.size(); ++i) {
    sources.push_back({grouped.wheels[i].package, paths.at(i)});
  }
  return sources;
}

/// Packages of the lock without a wheel for this platform.
std::vector<std::string> absent_packages(const project::Lockfile& lock,
                                         const std::vector<ImageWheel>& wheels) {
  std::set<std::string> absent;
  for (const auto& package : lock.packages) absent.insert(package.name);
  for (const auto& wheel : wheels) absent.erase(wheel.package);
  return {absent.begin(), absent.end()};
}

DockerfileInput dockerfile_input(const project::Locked& locked, const std::vector<ProjectCopy>& copies) {
  return {locked.recipe, locked.lock, copies};
}

/// The Dockerfile with its base image under the engine's name for it, and the digests of the project's files
/// and of all inputs in labels.
Result<std::string> own_dockerfile(const BuildRequest& request, const containers::Engine& engine,
                                   const Digest& inputs) {
  auto input = dockerfile_input(request.locked, request.copies);
  const auto& base = *request.locked.lock.lock.provenance.base;
  if (base.digest) {
    TRY_ASSIGN(input.pull_name, engine.pull_name(base.name, *base.digest));
  }
  TRY_ASSIGN(const auto dockerfile, render_dockerfile(input));
  // Last, so that it does not affect the layers below: an image ID must not depend on which of them existed.
  std::string files;
  if (!request.copies.empty()) {
    TRY_ASSIGN(const auto digest, labelled_digest(request.copies));
    files = fmt::format("{}={} ", project::kFilesLabel, digest.text());
  }
  return fmt::format("{}LABEL {}{}={}\n", dockerfile, files, project::kInputsLabel, inputs.text());
}

/// The bytecode that a standalone interpreter makes before the image is built.
Result<void> add_bytecode(const BuildRequest& request, const GroupedWheels& grouped,
                          const BytecodeTools& tools, ContextSpec& context) {
  TRY_ASSIGN(const auto compiler, compiler_of(request.locked, request.fetch_interpreter));
  TRY_ASSIGN(const auto library, library_bytecode(compiler, tools));
  context.library = library.path;
  TRY_ASSIGN(const auto zips, wheel_bytecode(grouped.in_order(), compiler, tools));
  for (const auto& group : group_bytecode(grouped.groups, zips)) {
    for (const auto& zip : group.zips) context.bytecode.push_back(zip.path);
  }
  return {};
}

/// What a build context holds.
struct Filled {
  archive::InstallSize size;
  std::vector<Overlap> overlaps;
};

/// Writes the build context into `folder`, fetching wheels that the store lacks.
Result<Filled> fill_context(const BuildRequest& request, const store::Store& store, ProcessRunner& runner,
                            std::string dockerfile, const std::filesystem::path& folder, const Work& work) {
  const auto& lock = request.locked.lock.lock;
  ContextSpec context;
  context.python = request.locked.recipe.python;
  context.interpreter = image_interpreter(lock.provenance);
  TRY_ASSIGN(const auto grouped,
             group_wheels(request.locked, platform_to_build(request.locked.recipe), store));
  TRY_ASSIGN(context.wheels, fetch_wheels(request, grouped));
  TRY_ASSIGN(auto overlaps, find_overlaps(
                                grouped, context.python, store, [] { return Result<void>(); }, work.disk));
  warn_of_overlaps(overlaps, work.reporter);
  if (lock.provenance.interpreter) {
    TRY_ASSIGN(context.standalone, request.fetch_interpreter(platform_to_build(request.locked.recipe)));
    TRY(add_bytecode(request, grouped, {store, runner, request.folder / "contexts", work}, context));
  }
  context.absent = absent_packages(lock, grouped.wheels);
  context.copies = request.copies;
  context.dockerfile = std::move(dockerfile);
  context.dockerignore = render_dockerignore();
  TRY_ASSIGN(const auto size, write_context(folder, context, work));
  return Filled{size, std::move(overlaps)};
}

containers::BuildSpec build_spec(const BuildRequest& request, const Digest& inputs,
                                 const std::filesystem::path& context) {
  const auto& lock = request.locked.lock.lock;
  containers::BuildSpec spec;
  spec.context = context;
  spec.dockerfile = context / "Dockerfile";
  spec.title = project::image_reference(request.locked.recipe.name);
  spec.tag = project::untried_reference(request.locked.recipe.name);
  spec.timestamp = project::lock_timestamp(lock);
  spec.platform = platform_to_build(request.locked.recipe);
  spec.from_scratch = request.from_scratch;
  spec.annotations = {{project::kInputsLabel, inputs.text()}};
  spec.base = fmt::format("{}@{}", lock.provenance.base->name, lock.provenance.base->digest->text());
  return spec;
}

containers::Builder builder_of(const containers::Engine& engine, const BuildTurn& turn, const Work& work) {
  constexpr std::size_t kEnough = 32;
  const auto id = Digest::of(turn.remains().string()).hex().substr(0, kEnough);
  return {engine, turn.remains(), project::kBuildMark + id, work};
}

/// Tries a new image, and gives it the recipe's name in place of the one that it was built under.
Result<BuildOutcome> give_name(const BuildRequest& request, const Digest& image_id,
                               const containers::Engine& engine) {
  const auto& recipe = request.locked.recipe.name;
  const auto reference = project::image_reference(recipe);
  const auto tried = request.try_it ? request.try_it(image_id) : Result<void>();
  auto nameless =
      tried ? take_name(engine, image_id, reference) : Result<std::optional<Digest>>(fail(tried.error()));
  const auto untagged = engine.untag(project::untried_reference(recipe));
  TRY(nameless);
  TRY(untagged);
  TRY_ASSIGN(auto image, engine.find_image(reference));
  if (image)
    return BuildOutcome{*std::move(image), project::image_name(recipe), false, {}, *std::move(nameless)};
  return fail(
      environment_error(fmt::format("{} built {}, but cannot find it", engine.info().name(), reference)));
}

}  // namespace

specs::Platform platform_to_build(const project::Recipe& recipe) {
  const auto own = specs::Platform::of_this_machine();
  const auto& all = recipe.platforms;
  return own && std::find(all.begin(), all.end(), *own) != all.end() ? *own : all.front();
}

Result<std::string> dockerfile_of(const project::Locked& locked, const std::vector<ProjectCopy>& copies) {
  return render_dockerfile(dockerfile_input(locked, copies));
}

Result<archive::InstallSize> export_context(const BuildRequest& request, const std::filesystem::path& folder,
                                            const store::Store& store, ProcessRunner& runner,
                                            const Work& work) {
  TRY_ASSIGN(auto dockerfile, dockerfile_of(request.locked, request.copies));
  TRY_ASSIGN(const auto filled, fill_context(request, store, runner, std::move(dockerfile), folder, work));
  return filled.size;
}

Result<BuildOutcome> build_image(const BuildRequest& request, const store::Store& store,
                                 const containers::Engine& engine, const Work& work) {
  const auto& recipe = request.locked.recipe;
  TRY_ASSIGN(const auto dockerfile, dockerfile_of(request.locked, request.copies));
  TRY_ASSIGN(const auto inputs, digest_of_inputs(request, dockerfile, platform_to_build(recipe)));
  const auto name = project::image_name(recipe.name);
  const auto find = [&]() -> Result<std::optional<containers::Image>> {
    if (request.from_scratch) return std::nullopt;
    return find_same(engine, project::image_reference(recipe.name), inputs);
  };
  const auto turns = request.folder / "builds";
  const auto image = project::engine_name(recipe.name);
  TRY_ASSIGN(auto turn, BuildTurn::try_take(work.disk, turns, image));
  if (turn) TRY(builder_of(engine, *turn, work).remove_remains());
  TRY_ASSIGN(auto found, find());
  if (found) return BuildOutcome{*std::move(found), name, true, {}};
  if (!turn) {
    work.reporter.note(fmt::format("another build of {} is running; waiting for it", recipe.name));
    TRY_ASSIGN(turn, BuildTurn::take(turns, image, work));
    TRY(builder_of(engine, *turn, work).remove_remains());
    TRY_ASSIGN(found, find());
    if (found) return BuildOutcome{*std::move(found), name, true, {}};
  }
  TRY_ASSIGN(const auto scratch, ScratchFolder::make(work.disk, request.folder / "contexts"));
  TRY_ASSIGN(auto own, own_dockerfile(request, engine, inputs));
  TRY_ASSIGN(auto filled,
             fill_context(request, store, engine.runner(), std::move(own), scratch.path(), work));
  TRY_ASSIGN(const auto built,
             builder_of(engine, *turn, work).build(build_spec(request, inputs, scratch.path())));
  TRY_ASSIGN(auto outcome, give_name(request, built.image_id, engine));
  outcome.unpacked = filled.size;
  outcome.overlaps = std::move(filled.overlaps);
  return outcome;
}

}  // namespace launch::image
