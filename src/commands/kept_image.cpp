#include "commands/kept_image.hpp"

#include <fmt/format.h>

#include "commands/engine.hpp"
#include "project/labels.hpp"

namespace launch::commands {

bool is_of_candidate(const Error& error) {
  return error.kind() != ErrorKind::environment;
}

Result<void> KeptImage::keep(const std::optional<Digest>& lock, const std::optional<Digest>& candidate) {
  if (kept_) return {};
  TRY_ASSIGN(const auto engine, find_engine(context_, site_, engine_));
  const auto name = project::image_reference(recipe_);
  TRY_ASSIGN(const auto image, engine.find_image(name));
  TRY_ASSIGN(const auto left, engine.find_image(other_name()));
  const bool is_own = image && lock && project::digest_label(image->labels, project::kLockLabel) == lock;
  if (left && !is_own) {
    TRY(engine.tag(left->image_id, name));
    kept_ = Kept{left->image_id};
    context_.reporter.note(
        fmt::format("restored the image that {} had before an interrupted search", recipe_));
    if (image && image->image_id != left->image_id) drop(image->image_id);
    return {};
  }
  if (image && image->image_id == candidate) {
    TRY(engine.untag(name));
    kept_ = Kept{std::nullopt};
    return {};
  }
  if (image) TRY(engine.tag(image->image_id, other_name()));
  kept_ = Kept{image ? std::optional(image->image_id) : std::nullopt};
  return {};
}

std::string KeptImage::other_name() const {
  return fmt::format("{}:{}", project::image_name(recipe_), tag_);
}

Result<containers::Engine> KeptImage::calm_engine() const {
  auto calm = context_;
  calm.stop = {};
  return find_engine(calm, site_, engine_);
}

Result<void> KeptImage::remove(const Digest& candidate) const {
  TRY_ASSIGN(const auto engine, calm_engine());
  TRY_ASSIGN(const auto image, engine.find_image(candidate.text()));
  if (!image || image->names > 0) return {};
  return engine.untag(candidate.text());
}

void KeptImage::drop(const Digest& candidate) const {
  const auto removed = remove(candidate);
  if (removed) return;
  context_.reporter.warn(
      fmt::format("the image {} remains: {}", candidate.text(), removed.error().message()));
}

Result<void> KeptImage::give_name_back() const {
  const auto name = project::image_reference(recipe_);
  TRY_ASSIGN(const auto engine, calm_engine());
  if (!kept_->image) return engine.untag(name);
  TRY(engine.tag(*kept_->image, name));
  return engine.untag(other_name());
}

Result<void> KeptImage::remove_other_name() const {
  if (!kept_->image) return {};
  TRY_ASSIGN(const auto engine, calm_engine());
  return engine.untag(other_name());
}

void KeptImage::restore() const {
  if (!kept_) return;
  const auto given = give_name_back();
  if (given) return;
  context_.reporter.warn(fmt::format("the image {} remains: {}", other_name(), given.error().message()));
  context_.reporter.warn(fmt::format(
      "the image of {} may contain a version that does not work: run `launch build {}`", recipe_, recipe_));
}

void KeptImage::forget() const {
  if (!kept_) return;
  const auto removed = remove_other_name();
  if (removed) return;
  context_.reporter.warn(fmt::format("the image {} remains: {}", other_name(), removed.error().message()));
}

}  // namespace launch::commands
