#include "commands/build.hpp"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "commands/engine.hpp"
#include "commands/source_builder.hpp"
#include "locking/locate.hpp"
#include "store/store.hpp"

namespace launch::commands {
namespace {

void warn_of_stale_dockerfile(const project::Project& project, const project::Locked& locked,
                              const std::string& dockerfile, Reporter& reporter) {
  const auto place = project.image_folder(locked.recipe.name) / "Dockerfile";
  std::error_code ignored;
  if (!std::filesystem::exists(place, ignored)) return;
  const auto found = read_file(place);
  if (found && *found == dockerfile) return;
  reporter.warn(fmt::format(
      "{} is out of date and is not used: the image is built from recipe and lock; run `launch render {}`",
      project.shown(place), locked.recipe.name));
}

}  // namespace

std::string BuildDocument::reference() const {
  if (!outcome.image.digest) return outcome.image.image_id.text();
  return fmt::format("{}@{}", outcome.name, outcome.image.digest->text());
}

Result<BuildDocument> build(const BuildRequest& request, const Context& context) {
  const auto began = context.clock.steady();
  TRY_ASSIGN(const auto workspace, open_workspace(context));
  const auto& [project, site] = workspace;
  image::BuildRequest wanted;
  TRY_ASSIGN(wanted.locked, project::load_locked(project, request.recipe, context.reporter));
  const auto& [recipe, lock] = wanted.locked;
  TRY_ASSIGN(wanted.copies, image::find_project_files(recipe, project.root(), context.reporter));
  wanted.from_scratch = request.from_scratch;
  // Next to the store, where there is space for the wheels and so, most likely, for their contents.
  wanted.folder = std::filesystem::path(site.store.value).parent_path();
  TRY_ASSIGN(const auto dockerfile, image::dockerfile_of(wanted.locked, wanted.copies));
  warn_of_stale_dockerfile(project, wanted.locked, dockerfile, context.reporter);
  TRY_ASSIGN(const auto engine, find_engine(context, site, request.engine));
  const auto http = open_http(context, site);
  TRY_ASSIGN(const auto store, open_store(context, site));
  note_root(store, lock.file, context.reporter);
  const auto origins = locking::origins_of(lock.lock.provenance, site, recipe.indexes);
  wanted.fetch =
      [&, &site = site, &lock = lock](
          const std::vector<project::LockedWheel>& wheels) -> Result<std::vector<std::filesystem::path>> {
    TRY(restore_wheels(lock.lock, lock.file.parent_path(), origins, {context, site, *http, store}));
    TRY_ASSIGN(auto fetched,
               locking::fetch_locked(wheels, origins, lock.file.parent_path(), store, *http, context.work()));
    return std::move(fetched.paths);
  };
  wanted.fetch_interpreter = [&, &project = project, &recipe = recipe, &lock = lock](
                                 const specs::Platform& platform) -> Result<std::filesystem::path> {
    const auto archives = locking::interpreters_of(lock.lock, {&platform, 1});
    if (archives.empty()) {
      return fail(input_error(fmt::format("the lock {} has no Python for {}", project.shown(lock.file),
                                          platform.text()))
                      .hint(fmt::format("run `launch lock {} --upgrade`", recipe.name)));
    }
    TRY_ASSIGN(const auto fetched, locking::fetch_interpreters(archives, store, *http, context.work()));
    return fetched.paths.front();
  };
  TRY_ASSIGN(auto outcome, image::build_image(wanted, engine, context.work()));
  TRY_ASSIGN(auto layers, image::wheel_layers(wanted, outcome.image, store));
  const auto seconds = std::chrono::duration<double>(context.clock.steady() - began).count();
  return BuildDocument{engine.info().name(), std::move(outcome), std::move(layers), seconds};
}

}  // namespace launch::commands
