#include "commands/found_image.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/folder.hpp"
#include "base/reporter.hpp"
#include "base/text.hpp"
#include "commands/project_copies.hpp"
#include "image/project_files.hpp"
#include "project/recipe_digest.hpp"

namespace launch::commands {
namespace {

/// The folder that a run may write and an image copies, as the recipe names it; empty if there is none.
std::string written_and_copied(const project::Recipe& recipe, const project::Project& project,
                               const std::vector<image::ProjectCopy>& copies) {
  std::error_code code;
  const auto root = std::filesystem::canonical(project.root(), code);
  for (const auto& mount : recipe.train.mounts) {
    const auto folder = (root / mount.from).lexically_normal();
    for (const auto& copy : copies) {
      const bool copied = std::any_of(copy.files.begin(), copy.files.end(),
                                      [&](const auto& file) { return is_below(file.source, folder); });
      if (copied && !mount.read_only) return mount.from;
    }
  }
  return {};
}

/// Why an image does not have the files that the recipe copies, as far as its label says; nullopt if it does.
Result<std::optional<Error>> other_files(const FoundImage& found, const project::Locked& locked,
                                         const Workspace& workspace, const Context& context) {
  if (!found.of_files) return std::optional<Error>();
  const auto& recipe = locked.recipe;
  const auto name = project::image_reference(recipe.name);
  SilentReporter silent;  // what is left out is for `build` to say
  TRY_ASSIGN(const auto store, open_store(context, workspace.site));
  TRY_ASSIGN(
      const auto copies,
      during(read_copies({workspace.project, recipe, locked.lock.lock.base_user(), store, silent}, context),
             fmt::format("comparing the project's files with those of the image {}", name)));
  TRY_ASSIGN(const auto files, image::labelled_digest(copies));
  if (*found.of_files == files) return std::optional<Error>();
  auto error = environment_error(
      fmt::format("the image {} was built from other files than the project has now", name));
  if (const auto folder = written_and_copied(recipe, workspace.project, copies); !folder.empty()) {
    error.hint(fmt::format("list {} in .dockerignore: each run may change it, and the image copies it",
                           in_quotes(folder)));
  }
  return std::optional(std::move(error));
}

}  // namespace

Result<std::optional<Error>> wrong_image(const FoundImage& found, const project::Locked& locked,
                                         const Workspace& workspace, const Context& context) {
  const auto& recipe = locked.recipe;
  const auto& lock = locked.lock.digest;
  const auto name = project::image_reference(recipe.name);
  std::optional<Error> wrong;
  if (!found.exists) {
    wrong = environment_error(fmt::format("{} has no image {}", found.engine, name));
  } else if (found.of_lock != lock) {
    wrong =
        environment_error(fmt::format("the image {} was built from another lock: it has {}, the lock is {}",
                                      name, found.of_lock ? found.of_lock->text() : "none", lock.text()));
  } else if (found.of_recipe && found.of_recipe != project::recipe_digest(recipe, project::Stage::render)) {
    wrong = environment_error(
        fmt::format("the image {} was built from another version of recipes/{}.toml", name, recipe.name));
  } else {
    TRY_ASSIGN(wrong, other_files(found, locked, workspace, context));
  }
  if (wrong) wrong->hint(fmt::format("run `launch build {}`", recipe.name));
  return wrong;
}

}  // namespace launch::commands
