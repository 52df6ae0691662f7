#include "commands/build.hpp"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "commands/image_inputs.hpp"
#include "image/built_layers.hpp"
#include "image/hand_over.hpp"
#include "image/trial.hpp"

namespace launch::commands {
namespace {

void warn_of_stale_dockerfile(const ImageInputs& inputs, const std::string& dockerfile, Reporter& reporter) {
  const auto& project = inputs.project();
  const auto& recipe = inputs.locked().recipe.name;
  const auto place = project.image_folder(recipe) / "Dockerfile";
  std::error_code ignored;
  if (!std::filesystem::exists(place, ignored)) return;
  const auto found = read_file(place);
  if (found && *found == dockerfile) return;
  reporter.warn(fmt::format(
      "{} is out of date and is not used: the image is built from recipe and lock; run `launch render {}`",
      project.shown(place), recipe));
}

/// The trial of a new image; empty if it is not wanted.
std::function<Result<void>(const Digest&)> trial_of(const BuildRequest& request, const ImageInputs& inputs,
                                                    const containers::Engine& engine,
                                                    const Context& context) {
  if (!request.run) return {};
  return [&](const Digest& image_id) {
    return image::try_image(engine, image_id, inputs.locked(),
                            image::platform_to_build(inputs.locked().recipe), inputs.folder(),
                            context.work());
  };
}

/// The image that the engine builds from the Dockerfile.
Result<BuildDocument> build_dockerfile(const BuildRequest& request, const ImageInputs& inputs,
                                       const containers::Engine& engine, const Context& context) {
  auto wanted = inputs.build_request();
  wanted.from_scratch = request.from_scratch;
  wanted.try_it = trial_of(request, inputs, engine, context);
  TRY_ASSIGN(auto outcome, image::build_image(wanted, inputs.store(), engine, context.work()));
  TRY_ASSIGN(auto layers, image::built_layers(wanted, engine, outcome.image, inputs.store()));
  auto digest = outcome.image.digest;
  return BuildDocument{
      engine.info().name(), std::move(outcome), std::move(layers.wheels), std::move(layers.sizes), 0,
      std::move(digest)};
}

/// The image that the engine pulls from the store.
Result<BuildDocument> build_planned(const BuildRequest& request, const ImageInputs& inputs,
                                    const containers::Engine& engine, const Context& context) {
  const auto& recipe = inputs.locked().recipe;
  TRY_ASSIGN(auto plan, inputs.plan(image::platform_to_build(recipe)));
  TRY_ASSIGN(auto outcome,
             image::hand_over(plan, recipe.name, inputs.folder(), request.from_scratch,
                              trial_of(request, inputs, engine, context), engine, context.work()));
  outcome.overlaps = plan.overlaps;
  return BuildDocument{
      engine.info().name(), std::move(outcome), std::move(plan.wheels), std::move(plan.layers), 0,
      plan.digest()};
}

}  // namespace

std::string BuildDocument::reference() const {
  if (!outcome.image.digest) return outcome.image.image_id.text();
  return fmt::format("{}@{}", outcome.name, outcome.image.digest->text());
}

Result<BuildDocument> build(const BuildRequest& request, const Context& context) {
  const auto began = context.clock.steady();
  TRY_ASSIGN(const auto inputs, ImageInputs::open(request.recipe, context, request.engine));
  TRY_ASSIGN(const auto dockerfile, image::dockerfile_of(inputs->locked(), inputs->copies()));
  warn_of_stale_dockerfile(*inputs, dockerfile, context.reporter);
  TRY_ASSIGN(const auto engine, inputs->engine());
  const bool planned = !request.dockerfile && image::can_be_planned(inputs->locked());
  TRY_ASSIGN(auto built, planned ? build_planned(request, *inputs, engine, context)
                                 : build_dockerfile(request, *inputs, engine, context));
  built.seconds = std::chrono::duration<double>(context.clock.steady() - began).count();
  return built;
}

}  // namespace launch::commands
