#include "commands/render.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "commands/image_inputs.hpp"
#include "image/base_cuda.hpp"
#include "image/build.hpp"
#include "image/dockerfile.hpp"
#include "image/sbom.hpp"

namespace launch::commands {
namespace {

Result<RenderedFile> put(Disk& disk, const project::Project& project, const std::filesystem::path& place,
                         std::string text, bool write) {
  RenderedFile file{project.shown(place), std::move(text)};
  std::error_code ignored;
  if (std::filesystem::exists(place, ignored)) {
    TRY_ASSIGN(file.previous, read_file(place));
  }
  if (write && file.changed()) TRY(write_file(disk, place, file.text));
  return file;
}

/// A bill of materials in one of its formats, beside the Dockerfile.
struct SbomFile {
  const char* name;
  std::string (*render)(const image::Bill& bill);
};
constexpr SbomFile kSbomFiles[] = {{"sbom.cdx.json", image::cyclonedx_text},
                                   {"sbom.spdx.json", image::spdx_text}};

Result<std::vector<RenderedFile>> put_sboms(const RenderRequest& request, const Context& context,
                                            const project::Project& project, const project::Locked& locked) {
  const auto folder = project.image_folder(locked.recipe.name);
  std::vector<RenderedFile> files;
  std::optional<image::Bill> bill;
  for (const auto& each : kSbomFiles) {
    std::error_code ignored;
    if (!request.sbom && !std::filesystem::exists(folder / each.name, ignored)) continue;
    if (!bill) {
      TRY_ASSIGN(bill, image::make_bill({.recipe = locked.recipe.name,
                                         .lock = locked.lock,
                                         .platforms = locked.recipe.platforms,
                                         .default_index = context.default_index}));
    }
    TRY_ASSIGN(auto file, put(context.disk, project, folder / each.name, each.render(*bill), request.write));
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

Result<ContextDocument> write_context(const std::string& recipe, const std::filesystem::path& place,
                                      const Context& context) {
  const auto folder = context.folder / place;
  std::error_code code;
  const bool existed = std::filesystem::exists(folder, code);
  if (existed && !std::filesystem::is_empty(folder, code)) {
    return fail(input_error(fmt::format("{} is not an empty folder", place.string()))
                    .hint("name a new folder for the build context"));
  }
  TRY_ASSIGN(const auto inputs, ImageInputs::open(recipe, context));
  TRY(make_folder(context.disk, folder));
  auto written =
      image::export_context(inputs->build_request(), folder, inputs->store(), context.runner, context.work());
  if (written)
    return ContextDocument{inputs->locked().recipe.name, place,
                           image::platform_to_build(inputs->locked().recipe), *written};
  for (const auto& entry : std::filesystem::directory_iterator(folder, code))
    std::filesystem::remove_all(entry.path(), code);
  if (!existed) std::filesystem::remove(folder, code);
  return fail(std::move(written.error()));
}

bool RenderDocument::changed() const {
  return dockerfile.changed() || dockerignore.changed() ||
         std::any_of(sboms.begin(), sboms.end(), [](const auto& each) { return each.changed(); });
}

Result<RenderDocument> render(const RenderRequest& request, const Context& context) {
  TRY_ASSIGN(const auto workspace, open_workspace(context));
  const auto& project = workspace.project;
  TRY_ASSIGN(const auto locked, project::load_locked(project, request.recipe, context.reporter));
  SilentReporter silent;  // what is left out is for `build` to say
  store::KnownFiles none;
  TRY_ASSIGN(const auto copies, image::find_project_files(locked.recipe, project.root(), silent,
                                                          locked.lock.lock.base_user(), none));
  TRY_ASSIGN(auto dockerfile, image::dockerfile_of(locked, copies));
  TRY_ASSIGN(const auto warning, image::check_base_cuda(locked.recipe.name, locked.lock));
  if (!warning.empty()) context.reporter.warn(warning);
  RenderDocument document;
  document.recipe = locked.recipe.name;
  const auto folder = project.image_folder(locked.recipe.name);
  TRY_ASSIGN(document.dockerfile,
             put(context.disk, project, folder / "Dockerfile", std::move(dockerfile), request.write));
  TRY_ASSIGN(document.dockerignore, put(context.disk, project, folder / ".dockerignore",
                                        image::render_dockerignore(), request.write));
  TRY_ASSIGN(document.sboms, put_sboms(request, context, project, locked));
  return document;
}

}  // namespace launch::commands
