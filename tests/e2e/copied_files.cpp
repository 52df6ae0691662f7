// copied_files ROOT: what `copy = [{ from = "." }]` takes of a project, a path a line; a folder's ends in
// "/".
#include <fmt/format.h>

#include "base/reporter.hpp"
#include "image/project_files.hpp"

int main(int, char** argv) {
  using namespace launch;
  project::Recipe recipe;
  recipe.name = "demo";
  recipe.image.copy = {{.from = "."}};
  SilentReporter silent;
  store::KnownFiles none;
  const auto copies = image::find_project_files(recipe, argv[1], silent, "", none);
  if (!copies) {
    fmt::print(stderr, "{}", copies.error().text());
    return 1;
  }
  for (const auto& file : copies->front().files)
    fmt::print("{}{}\n", file.path, file.kind == image::ProjectFile::Kind::folder ? "/" : "");
  return 0;
}
