#include "commands/image_inputs.hpp"

#include <utility>

#include <fmt/format.h>

#include "commands/engine.hpp"
#include "commands/source_builder.hpp"
#include "image/dockerfile.hpp"
#include "registry/session.hpp"
#include "store/pull.hpp"

namespace launch::commands {

Result<std::unique_ptr<ImageInputs>> ImageInputs::open(const std::string& recipe, const Context& context,
                                                       std::optional<std::string> engine) {
  TRY_ASSIGN(auto workspace, open_workspace(context));
  TRY_ASSIGN(auto locked, project::load_locked(workspace.project, recipe, context.reporter));
  return of(std::move(workspace), std::move(locked), context, std::move(engine));
}

Result<std::unique_ptr<ImageInputs>> ImageInputs::of(Workspace workspace, project::Locked locked,
                                                     const Context& context,
                                                     std::optional<std::string> engine) {
  TRY_ASSIGN(auto copies,
             image::find_project_files(locked.recipe, workspace.project.root(), context.reporter));
  auto http = open_http(context, workspace.site);
  TRY_ASSIGN(auto store, open_store(context, workspace.site));
  note_root(store, locked.lock.file, context.reporter);
  std::unique_ptr<ImageInputs> inputs(new ImageInputs(context, std::move(engine), std::move(workspace),
                                                      std::move(locked), std::move(copies), std::move(http),
                                                      std::move(store)));
  return inputs;
}

ImageInputs::ImageInputs(const Context& context, std::optional<std::string> engine, Workspace workspace,
                         project::Locked locked, std::vector<image::ProjectCopy> copies,
                         std::unique_ptr<net::HttpClient> http, store::Store store)
    : context_(context),
      wanted_engine_(std::move(engine)),
      workspace_(std::move(workspace)),
      locked_(std::move(locked)),
      copies_(std::move(copies)),
      http_(std::move(http)),
      store_(std::move(store)),
      origins_(locking::origins_of(locked_.lock.lock.provenance, workspace_.site, locked_.recipe.indexes)) {}

std::filesystem::path ImageInputs::folder() const {
  return std::filesystem::path(site().store.value).parent_path();
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
  return image::plan_image(plan_request(platform), store_, context_.runner, context_.work());
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

Result<store::PulledImage> ImageInputs::fetch_base(const specs::Platform& platform) const {
  TRY_ASSIGN(const auto base, image::base_of(locked_.recipe, locked_.lock));
  const auto shown = fmt::format("{}:{}", base.name, base.tag);
  TRY_ASSIGN(auto known, store::find_pulled(store_, *base.digest, platform, shown));
  if (known) return *std::move(known);
  TRY_ASSIGN(const auto entry,
             registry::entry_to_pull(base.name, site().registries, context_.environment, context_.runner));
  return store::pull(store_, entry.place, entry.access, *base.digest, platform, shown, *http_,
                     context_.work());
}

Result<image::SystemLayers> ImageInputs::make_system(const Digest& base, const archive::Image& image,
                                                     const specs::Platform& platform) const {
  const image::SystemRequest request{
      .recipe = locked_.recipe, .lock = locked_.lock, .folder = folder(), .platform = platform};
  return image::system_layers(
      request, base, image, [this] { return engine(); }, store_, context_.work());
}

}  // namespace launch::commands
