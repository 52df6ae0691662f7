#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/line_diff.hpp"
#include "image/build.hpp"
#include "image/dockerfile.hpp"

namespace launch::cli {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  launch render demo             write images/demo/Dockerfile and .dockerignore, to be committed\n"
    "  launch render demo --check     in CI: are they what recipe and lock say? (exit code 1: no)\n"
    "  launch render demo --stdout    print the Dockerfile and write nothing";

struct Options {
  std::string recipe;
  bool check = false;
  bool to_stdout = false;
};

struct Rendered {
  std::filesystem::path place;
  std::string text;
  std::optional<std::string> found;  ///< what is there now
  bool same() const { return found == text; }
};

Result<Rendered> compare(const std::filesystem::path& place, std::string text) {
  Rendered file{place, std::move(text), std::nullopt};
  std::error_code code;
  if (std::filesystem::exists(place, code)) {
    TRY_ASSIGN(file.found, read_file(place));
  }
  return file;
}

Result<int> check(const project::Project& project, const std::string& name,
                  const std::vector<Rendered>& files) {
  for (const auto& file : files) {
    if (file.same()) continue;
    const auto shown = project.shown(file.place);
    if (!file.found) {
      return fail(Error(ErrorKind::no, fmt::format("{} is not there", shown))
                      .hint(fmt::format("write it: launch render {}", name)));
    }
    std::fputs(line_diff(*file.found, file.text, shown, "rendered from recipe and lock").c_str(), stderr);
    return fail(Error(ErrorKind::no, fmt::format("{} is not what recipe and lock say", shown))
                    .hint(fmt::format("write it anew: launch render {}", name)));
  }
  return 0;
}

Result<int> run(const Options& options, World& world) {
  TRY_ASSIGN(const auto place, find_place(world));
  const auto& [project, site] = place;
  TRY_ASSIGN(const auto locked, project::load_locked(project, options.recipe));
  TRY_ASSIGN(const auto copies, image::find_project_files(locked.recipe, project.root()));
  TRY_ASSIGN(const auto dockerfile, image::dockerfile_of(locked, copies));
  if (options.to_stdout) {
    world.output.write(dockerfile);
    return 0;
  }
  const auto folder = project.image_folder(locked.recipe.name);
  std::vector<Rendered> files;
  TRY_ASSIGN(auto rendered, compare(folder / "Dockerfile", dockerfile));
  files.push_back(std::move(rendered));
  TRY_ASSIGN(auto ignore, compare(folder / ".dockerignore", image::render_dockerignore()));
  files.push_back(std::move(ignore));
  if (options.check) return check(project, locked.recipe.name, files);

  bool changed = false;
  for (const auto& file : files) {
    if (file.same()) continue;
    TRY(write_file(file.place, file.text));
    changed = true;
  }
  const auto shown = project.shown(files.front().place);
  log_info("{} {}", shown, changed ? "is written" : "is up to date");
  if (world.json)
    world.output.line(nlohmann::json{{"schema", 1}, {"dockerfile", shown}, {"changed", changed}}.dump());
  return 0;
}

}  // namespace

void register_render(App& app) {
  auto command = app.add("render", "Write the Dockerfile of a locked recipe");
  auto options = std::make_shared<Options>();
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, "A recipe's name or file").required();
  const auto check =
      command.flag("--check", options->check, "Write nothing; exit code 1 and a diff when it would change");
  command.flag("--stdout", options->to_stdout, "Print the Dockerfile instead of writing it").excludes(check);
  command.runs([options](World& world) { return run(*options, world); });
}

}  // namespace launch::cli
