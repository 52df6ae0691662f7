// Prints what a requirements file asks for, one line each: "package TEXT", "constraint TEXT", or "error
// TEXT".

#include <cstdio>
#include <filesystem>
#include <string>

#include "base/file.hpp"
#include "project/project.hpp"
#include "project/recipe_from.hpp"

namespace {

using launch::project::Recipe;

void print(const char* what, const std::vector<launch::specs::Requirement>& requirements) {
  for (const auto& requirement : requirements) std::printf("%s %s\n", what, requirement.text().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  for (int i = 1; i < argc; ++i) {
    const fs::path file = argv[i];
    Recipe recipe;
    recipe.python = launch::specs::Interpreter::parse("3.12").value();
    recipe.platforms = {launch::specs::Platform::all().front()};
    recipe.from = {file.filename().string()};
    const auto added = launch::project::add_from(recipe, launch::project::Project::at(file.parent_path()));
    std::printf("file %s\n", file.filename().c_str());
    if (!added) std::printf("error %s\n", added.error().message().c_str());
    print("package", recipe.packages);
    print("constraint", recipe.lock.constraints);
  }
  return 0;
}
