#include "commands/planned_images.hpp"

#include <utility>

#include <fmt/format.h>

namespace launch::commands {
namespace {

Error not_planned(const project::Recipe& recipe) {
  return input_error(fmt::format("the digest of the image of {} is known only once an engine has built it: "
                                 "{}",
                                 recipe.name, image::kWhyNotPlanned))
      .hint(fmt::format("remove python = \"base\" from [image], and run `launch lock {}`", recipe.name));
}

}  // namespace

std::string_view PlannedImages::media_type() const {
  return index.empty() ? archive::kManifestType : archive::kIndexType;
}

Result<PlannedImages> plan_all(const ImageInputs& inputs) {
  const auto& locked = inputs.locked();
  if (!image::can_be_planned(locked)) return fail(not_planned(locked.recipe));
  PlannedImages images;
  std::vector<archive::IndexEntry> entries;
  for (const auto& platform : locked.recipe.platforms) {
    TRY_ASSIGN(auto plan, inputs.plan(platform));
    const auto oci = platform.oci();
    const auto slash = oci.find('/');
    entries.push_back({{std::string(archive::kManifestType), plan.digest(), plan.manifest.size()},
                       oci.substr(0, slash),
                       oci.substr(slash + 1)});
    images.plans.push_back(std::move(plan));
  }
  if (entries.size() > 1) images.index = archive::image_index_text(entries);
  return images;
}

DigestDocument digests_of(const std::string& recipe, const PlannedImages& images) {
  DigestDocument document;
  document.recipe = recipe;
  for (const auto& plan : images.plans)
    document.images.push_back({plan.platform, plan.digest(), plan.image_id()});
  if (!images.index.empty()) document.index = Digest::of(images.index);
  return document;
}

}  // namespace launch::commands
