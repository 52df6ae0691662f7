#include "commands/image_inputs.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "commands/engine.hpp"
#include "commands/project_copies.hpp"
#include "commands/source_builder.hpp"
#include "image/dockerfile.hpp"
#include "image/layers.hpp"
#include "project/recipe_digest.hpp"
#include "registry/entry.hpp"
#include "store/pull.hpp"

namespace launch::commands {

std::filesystem::path build_folder_of(const project::Site& site) {
  return std::filesystem::path(site.store.value).parent_path();
}

Result<specs::Platform> platform_to_run(const project::Recipe& recipe) {
  const auto platform = image::platform_to_build(recipe);
  const auto own = specs::Platform::of_this_machine();
  if (platform == own) return platform;
  return fail(environment_error(fmt::format("the image of {} is for {}, and this machine is {}", recipe.name,
                                            platform.text(), own ? own->text() : "something else")));
}

Result<std::unique_ptr<ImageInputs>> ImageInputs::open(const std::string& recipe, const Context& context,
                                                       std::optional<std::string> engine) {
  TRY_ASSIGN(auto workspace, open_workspace(context));
  TRY_ASSIGN(auto locked, project::load_locked(workspace.project, recipe, context.reporter));
  TRY_ASSIGN(auto inputs, open_with(std::move(workspace), std::move(locked), context, std::move(engine)));
  TRY(inputs->add_files(Files::read));
  return inputs;
}

Result<std::unique_ptr<ImageInputs>> ImageInputs::of(Workspace workspace, project::Locked locked,
                                                     const Context& context,
                                                     std::optional<std::string> engine) {
  TRY_ASSIGN(auto inputs, open_with(std::move(workspace), std::move(locked), context, std::move(engine)));
  TRY(inputs->add_files(Files::found));
  return inputs;
}

Result<std::unique_ptr<ImageInputs>> ImageInputs::without_files(Workspace workspace, project::Locked locked,
                                                                const Context& context) {
  return open_with(std::move(workspace), std::move(locked), context, std::nullopt);
}

Result<std::unique_ptr<ImageInputs>> ImageInputs::open_with(Workspace workspace, project::Locked locked,
                                                            const Context& context,
                                                            std::optional<std::string> engine) {
  auto http = open_http(context, workspace.site);
  TRY_ASSIGN(auto store, open_store(context, workspace.site));
  std::unique_ptr<ImageInputs> inputs(new ImageInputs(context, std::move(engine), std::move(workspace),
                                                      std::move(locked), std::move(http), std::move(store)));
  return inputs;
}

ImageInputs::ImageInputs(const Context& context, std::optional<std::string> engine, Workspace workspace,
                         project::Locked locked, std::unique_ptr<net::HttpClient> http, store::Store store)
    : context_(context),
      wanted_engine_(std::move(engine)),
      workspace_(std::move(workspace)),
      locked_(std::move(locked)),
      http_(std::move(http)),
      store_(std::move(store)),
      origins_(locking::origins_of(locked_.lock.lock.provenance, workspace_.site, locked_.recipe.indexes)) {}

Result<void> ImageInputs::add_files(Files files) {
  const CopiesRequest wanted{project(), locked_.recipe, locked_.lock.lock.base_user(), store_,
                             context_.reporter};
  TRY_ASSIGN(copies_, files == Files::read ? read_copies(wanted, context_) : find_copies(wanted, context_));
  note_root(store_, locked_.lock.file, context_.reporter);
  return {};
}

std::filesystem::path ImageInputs::folder() const {
  return build_folder_of(site());
}

Result<containers::Engine> ImageInputs::engine() const {
  if (!engine_) {
    TRY_ASSIGN(auto found, find_engine(context_, site(), wanted_engine_));
    engine_.emplace(std::move(found));
  }
  return *engine_;
}

image::PlanRequest ImageInputs::plan_request(const specs::Platform& platform) const {
  return {.locked = locked_,
          .copies = copies_,
          .platform = platform,
          .folder = folder(),
          .fetch = [this](const auto& wheels) { return fetch(wheels); },
          .fetch_interpreter = [this](const auto& wanted) { return fetch_interpreter(wanted); },
          .fetch_base = [this](const auto& wanted) { return fetch_base(wanted); },
          .make_system = [this](const auto& base, const auto& found,
                                const auto& wanted) { return make_system(base, found, wanted); }};
}

Result<image::ImagePlan> ImageInputs::plan(const specs::Platform& platform) const {
  TRY_ASSIGN(auto plan, image::plan_image(plan_request(platform), store_, context_.runner, context_.work()));
  image::warn_of_overlaps(plan.overlaps, context_.reporter);
  TRY(check_promise(plan));
  return plan;
}

Result<image::ImagePlan> ImageInputs::plan_without_files(const specs::Platform& platform) const {
  auto request = plan_request(platform);
  request.copies.clear();
  return image::plan_image(request, store_, context_.runner, context_.work());
}

/// Compares an image with the one that the lock names.
Result<void> ImageInputs::check_promise(const image::ImagePlan& plan) const {
  const auto& images = locked_.lock.lock.provenance.images;
  const auto& recipe = locked_.recipe;
  if (!images) return {};
  const auto promised = images->platforms.find(plan.platform);
  if (images->recipe != project::recipe_digest(recipe, project::Stage::render) ||
      promised == images->platforms.end()) {
    context_.reporter.note(
        fmt::format("{} names the image of another version of the recipe; run `launch lock {}`",
                    project().shown(locked_.lock.file), recipe.name));
    return {};
  }
  project::ImageDigest found{plan.digest(), plan.image_id()};
  if (!copies_.empty()) {
    TRY_ASSIGN(const auto environment, plan_without_files(plan.platform));
    found = {environment.digest(), environment.image_id()};
  }
  if (found == promised->second) return {};
  return fail(Error(ErrorKind::no,
                    fmt::format("the image of {} for {} is not the one that {} names: expected {}, found {}",
                                recipe.name, plan.platform.text(), project().shown(locked_.lock.file),
                                promised->second.manifest.text(), found.manifest.text()))
                  .hint(fmt::format("if another version of launch recorded it, run `launch lock {} --image`",
                                    recipe.name)));
}

Result<bool> ImageInputs::has_all_parts() const {
  const auto& lock = locked_.lock.lock;
  for (const auto& platform : locked_.recipe.platforms) {
    auto files = locking::interpreters_of(lock, {&platform, 1});
    TRY_ASSIGN(const auto wheels, image::wheels_for(lock, locked_.recipe.python, platform));
    for (const auto& each : wheels) files.push_back(each.wheel);
    const bool present = std::all_of(files.begin(), files.end(), [&](const project::LockedFile& file) {
      return store_.has(*file.sha256, file.file_name);
    });
    if (!present) return false;
    TRY_ASSIGN(const auto base, find_base(platform));
    if (!base) return false;
  }
  return true;
}

image::BuildRequest ImageInputs::build_request() const {
  return {.locked = locked_,
          .copies = copies_,
          .folder = folder(),
          .fetch = [this](const auto& wheels) { return fetch(wheels); },
          .fetch_interpreter = [this](const auto& wanted) { return fetch_interpreter(wanted); }};
}

Result<std::vector<std::filesystem::path>> ImageInputs::fetch(
    const std::vector<project::LockedWheel>& wheels) const {
  const auto beside = locked_.lock.file.parent_path();
  TRY(restore_wheels(locked_.lock.lock, beside, origins_, {context_, site(), *http_, store_}));
  TRY_ASSIGN(auto fetched, locking::fetch_locked(wheels, origins_, beside, store_, *http_, context_.work()));
  return std::move(fetched.paths);
}

Result<std::filesystem::path> ImageInputs::fetch_interpreter(const specs::Platform& platform) const {
  const auto archives = locking::interpreters_of(locked_.lock.lock, {&platform, 1});
  if (archives.empty()) {
    return fail(input_error(fmt::format("the lock {} has no Python for {}",
                                        project().shown(locked_.lock.file), platform.text()))
                    .hint(fmt::format("run `launch lock {} --upgrade`", locked_.recipe.name)));
  }
  TRY_ASSIGN(const auto fetched, locking::fetch_interpreters(archives, store_, *http_, context_.work()));
  return fetched.paths.front();
}

Result<std::optional<store::PulledImage>> ImageInputs::find_base(const specs::Platform& platform) const {
  TRY_ASSIGN(const auto base, image::base_of(locked_.recipe, locked_.lock));
  return store::find_pulled(store_, *base.digest, platform, fmt::format("{}:{}", base.name, base.tag));
}

Result<store::PulledImage> ImageInputs::fetch_base(const specs::Platform& platform) const {
  TRY_ASSIGN(auto known, find_base(platform));
  if (known) return *std::move(known);
  TRY_ASSIGN(const auto base, image::base_of(locked_.recipe, locked_.lock));
  const auto shown = fmt::format("{}:{}", base.name, base.tag);
  std::optional<store::PulledImage> pulled;
  const auto ask = [&](const registry::Entry& entry) -> Result<bool> {
    TRY_ASSIGN(pulled, store::pull(store_, entry.place, entry.access, *base.digest, platform, shown, *http_,
                                   context_.work()));
    return true;
  };
  TRY(registry::ask_in_turn(base.name, specs::NamedBy::digest,
                            {site().registries, context_.environment, context_.runner, *http_}, ask));
  return *std::move(pulled);
}

Result<image::SystemLayers> ImageInputs::make_system(const Digest& base, const archive::Image& image,
                                                     const specs::Platform& platform) const {
  const image::SystemRequest request{
      .recipe = locked_.recipe, .lock = locked_.lock, .folder = folder(), .platform = platform};
  return image::system_layers(
      request, base, image, [this] { return engine(); }, store_, context_.work());
}

}  // namespace launch::commands
