#include "commands/locked_images.hpp"

#include <utility>

#include <fmt/format.h>

#include "commands/image_inputs.hpp"
#include "project/recipe_digest.hpp"

namespace launch::commands {
namespace {

/// Why a lock does not determine the bytes of its image; empty if it does.
std::string_view why_open(const project::Locked& locked) {
  if (!locked.lock.lock.provenance.base || !image::can_be_planned(locked))
    return "its Python is that of the base image or its distribution";
  if (!locked.lock.lock.provenance.base->digest) return "the digest of the base image is open";
  if (!locked.recipe.image.apt.empty()) return "the engine installs packages of the distribution";
  return {};
}

}  // namespace

Result<std::optional<project::ImageDigests>> digests_of_images(const std::string& recipe, Lacking lacking,
                                                               const Context& context) {
  TRY_ASSIGN(const auto inputs, ImageInputs::open_environment(recipe, context));
  const auto& locked = inputs->locked();
  if (const auto why = why_open(locked); !why.empty()) {
    if (lacking == Lacking::leave) return std::nullopt;
    return fail(
        input_error(fmt::format("the lock of {} cannot name its image: {}, so that its digest is known only "
                                "once it is built",
                                locked.recipe.name, why)));
  }
  if (lacking == Lacking::leave) {
    TRY_ASSIGN(const auto missing, inputs->missing());
    if (!missing.empty()) return std::nullopt;
  }
  project::ImageDigests images{project::recipe_digest(locked.recipe, project::Stage::render), {}};
  for (const auto& platform : locked.recipe.platforms) {
    TRY_ASSIGN(const auto plan, inputs->plan_environment(platform));
    images.platforms.emplace(platform, project::ImageDigest{plan.digest(), plan.image_id()});
  }
  return images;
}

}  // namespace launch::commands
