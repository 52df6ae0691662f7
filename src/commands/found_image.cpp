#include "commands/found_image.hpp"

#include <fmt/format.h>

#include "base/reporter.hpp"
#include "image/project_files.hpp"
#include "project/recipe_digest.hpp"

namespace launch::commands {
namespace {

/// Whether the image has the files that the recipe copies, as far as its label says.
Result<bool> has_files(const FoundImage& found, const project::Locked& locked,
                       const project::Project& project) {
  if (!found.of_files) return true;
  SilentReporter silent;  // what is left out is for `build` to say
  TRY_ASSIGN(const auto copies, during(image::find_project_files(locked.recipe, project.root(), silent,
                                                                 locked.lock.lock.base_user()),
                                       fmt::format("comparing the project's files with those of the image {}",
                                                   project::image_reference(locked.recipe.name))));
  TRY_ASSIGN(const auto files, image::labelled_digest(copies));
  return *found.of_files == files;
}

}  // namespace

Result<std::optional<Error>> wrong_image(const FoundImage& found, const project::Locked& locked,
                                         const project::Project& project) {
  const auto& recipe = locked.recipe;
  const auto& lock = locked.lock.digest;
  const auto name = project::image_reference(recipe.name);
  std::string wrong;
  if (!found.exists) {
    wrong = fmt::format("{} has no image {}", found.engine, name);
  } else if (found.of_lock != lock) {
    wrong = fmt::format("the image {} was built from another lock: it has {}, the lock is {}", name,
                        found.of_lock ? found.of_lock->text() : "none", lock.text());
  } else if (found.of_recipe && found.of_recipe != project::recipe_digest(recipe, project::Stage::render)) {
    wrong = fmt::format("the image {} was built from another version of recipes/{}.toml", name, recipe.name);
  } else {
    TRY_ASSIGN(const bool same, has_files(found, locked, project));
    if (!same) wrong = fmt::format("the image {} was built from other files than the project has now", name);
  }
  if (wrong.empty()) return std::optional<Error>();
  return std::optional(
      environment_error(std::move(wrong)).hint(fmt::format("run `launch build {}`", recipe.name)));
}

}  // namespace launch::commands
