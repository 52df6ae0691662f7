#include "commands/build.hpp"

#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "commands/engine.hpp"
#include "locking/locate.hpp"
#include "store/wheel_store.hpp"

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
  if (outcome.image.digest.empty()) return outcome.image.image_id;
  return fmt::format("{}@{}", outcome.name, outcome.image.digest);
}

Result<BuildDocument> build(const BuildRequest& request, const Context& context) {
  const auto began = context.clock.steady();
  TRY_ASSIGN(const auto workspace, open_workspace(context));
  const auto& [project, site] = workspace;
  image::BuildRequest wanted;
  TRY_ASSIGN(wanted.locked, project::load_locked(project, request.recipe, context.reporter));
  const auto& [recipe, lock] = wanted.locked;
  TRY_ASSIGN(wanted.copies, image::find_project_files(recipe, project.root()));
  wanted.from_scratch = request.from_scratch;
  TRY_ASSIGN(const auto dockerfile, image::dockerfile_of(wanted.locked, wanted.copies));
  warn_of_stale_dockerfile(project, wanted.locked, dockerfile, context.reporter);
  TRY_ASSIGN(const auto engine, find_engine(context, site, request.engine));
  const auto http = open_http(context, site);
  wanted.fetch =
      [&, &site = site, &lock = lock](
          const std::vector<project::LockedWheel>& wheels) -> Result<std::vector<std::filesystem::path>> {
    TRY_ASSIGN(auto fetched,
               locking::fetch_locked(wheels, lock.lock.provenance, lock.file.parent_path(), site,
                                     store::WheelStore(site.store.value), *http, context.work()));
    return std::move(fetched.paths);
  };
  BuildDocument document;
  document.engine = engine.info().name();
  const auto on_line = [&](std::string_view line) {
    // "STEP 7/30: COPY wheels/torch/ /opt/venv/"
    if (line.starts_with("STEP ")) context.reporter.status(line);
    log_debug("{}", line);
  };
  TRY_ASSIGN(document.outcome, image::build_image(wanted, engine, site, on_line, context.work()));
  TRY_ASSIGN(document.layers, image::wheel_layers(wanted, document.outcome.image, site));
  document.seconds = std::chrono::duration<double>(context.clock.steady() - began).count();
  return document;
}

}  // namespace launch::commands
