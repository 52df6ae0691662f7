#include "commands/found_image.hpp"

#include <fmt/format.h>

#include "project/recipe_digest.hpp"

namespace launch::commands {

std::optional<Error> wrong_image(const FoundImage& found, const project::Locked& locked) {
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
  }
  if (wrong.empty()) return std::nullopt;
  return environment_error(std::move(wrong)).hint(fmt::format("run `launch build {}`", recipe.name));
}

}  // namespace launch::commands
