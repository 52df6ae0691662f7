// recipe_digest RECIPE: the digest that a lock of the recipe holds, for locks that tests write by hand.
#include "project/recipe_digest.hpp"

#include <cstdio>
#include <filesystem>

#include "base/file.hpp"

int main(int argc, char** argv) {
  using namespace launch;
  if (argc != 2) return 2;
  const std::filesystem::path file = argv[1];
  const auto text = read_file(file);
  const auto recipe =
      text ? project::parse_recipe(*text, file.stem().string(), file.string()) : fail(text.error());
  if (!recipe) return std::fputs(recipe.error().text().c_str(), stderr), 2;
  std::puts(project::recipe_digest(*recipe, project::Stage::lock).text().c_str());
  return 0;
}
