#include "fuzz/fuzz.hpp"
#include "image/quoting.hpp"
#include "project/recipe.hpp"
#include "project/recipe_digest.hpp"

namespace launch::fuzz {

/// A recipe, then those that it extends.
void fuzz_recipe(std::string_view bytes) {
  std::vector<project::RecipeText> texts;
  for (const auto part : parts_of(bytes)) texts.push_back({std::string(part), "recipes/a.toml"});
  const auto extends = project::extended_by(texts.front());
  (void)parsed(extends);
  const auto recipe = project::parse_recipe(texts, "a");
  if (!parsed(recipe)) return;
  require(!recipe->platforms.empty(), "a recipe has a platform");
  const auto again = project::parse_recipe(texts, "a");
  for (const auto stage : {project::Stage::lock, project::Stage::render, project::Stage::image})
    require(project::recipe_digest(*recipe, stage) == project::recipe_digest(*again, stage),
            "a recipe has one digest");
  for (const auto& entry : recipe->image.copy) {
    require(stays_below(entry.from), "what is copied is below the project", entry.from);
    require(image::dockerfile_word(entry.to).find('\n') == std::string::npos, "a word is on one line",
            entry.to);
  }
  for (const auto& file : recipe->from) require(!file.empty(), "a file has a name");
}

}  // namespace launch::fuzz
