#include "commands/image_digests.hpp"

#include <utility>

#include "commands/image_inputs.hpp"
#include "project/recipe_digest.hpp"

namespace launch::commands {

std::string_view why_no_digest(const project::Recipe& recipe) {
  if (recipe.image.python != project::Recipe::Image::Python::standalone) return image::kWhyNotPlanned;
  return recipe.image.apt.empty() ? "" : "the engine installs packages of the distribution";
}

Result<std::optional<project::ImageDigests>> digests_of_images(Workspace workspace, project::Locked locked,
                                                               Lacking lacking, const Context& context) {
  const auto& base = locked.lock.lock.provenance.base;
  if (!why_no_digest(locked.recipe).empty() || !base || !base->digest) return std::nullopt;
  TRY_ASSIGN(const auto inputs, ImageInputs::without_files(std::move(workspace), std::move(locked), context));
  if (lacking == Lacking::leave) {
    TRY_ASSIGN(const auto complete, inputs->has_all_parts());
    if (!complete) return std::nullopt;
  }
  const auto& recipe = inputs->locked().recipe;
  project::ImageDigests images{project::recipe_digest(recipe, project::Stage::render), {}};
  for (const auto& platform : recipe.platforms) {
    TRY_ASSIGN(const auto plan, inputs->plan_without_files(platform));
    images.platforms.emplace(platform, project::ImageDigest{plan.digest(), plan.image_id()});
  }
  return images;
}

}  // namespace launch::commands
