#include "commands/render.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "image/build.hpp"
#include "image/dockerfile.hpp"

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

}  // namespace

Result<RenderDocument> render(const RenderRequest& request, const Context& context) {
  TRY_ASSIGN(const auto workspace, open_workspace(context));
  const auto& project = workspace.project;
  TRY_ASSIGN(const auto locked, project::load_locked(project, request.recipe, context.reporter));
  SilentReporter silent;  // what is left out is for `build` to say
  TRY_ASSIGN(const auto copies, image::find_project_files(locked.recipe, project.root(), silent));
  TRY_ASSIGN(auto dockerfile, image::dockerfile_of(locked, copies));
  RenderDocument document;
  document.recipe = locked.recipe.name;
  const auto folder = project.image_folder(locked.recipe.name);
  TRY_ASSIGN(document.dockerfile,
             put(context.disk, project, folder / "Dockerfile", std::move(dockerfile), request.write));
  TRY_ASSIGN(document.dockerignore, put(context.disk, project, folder / ".dockerignore",
                                        image::render_dockerignore(), request.write));
  return document;
}

}  // namespace launch::commands
