#include "commands/check_wheels.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "commands/scan_paths.hpp"
#include "commands/source_survey.hpp"
#include "locking/locate.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

bool is_lock_name(std::string_view argument) {
  const auto name = argument.substr(argument.rfind('/') + 1);
  return name.ends_with(".toml") && (name.starts_with("pylock.") || name == "pylock.toml");
}

enum class Named { recipe, lock, code };

/// Errors (input): it is neither a recipe, a lock nor code; lists the existing recipes.
Result<Named> kind_of(std::string_view name, const Context& context, const project::Project& project) {
  if (is_lock_name(name)) return Named::lock;
  if (name.ends_with(".toml")) return Named::recipe;
  auto recipe = project.recipe_file(name);
  const bool bare = name.find('/') == std::string_view::npos;
  if (bare && recipe) return Named::recipe;
  std::error_code ignored;
  if (std::filesystem::exists(context.folder / name, ignored)) return Named::code;
  if (bare && project.lock_file(name)) return Named::lock;
  return fail(std::move(recipe.error()));
}

Error no_wheels_named() {
  return input_error("no recipe, lock or --torch version given")
      .hint("use a recipe or lock: launch check demo src/")
      .hint("or give a version: launch check --torch 2.3.1 src/");
}

Result<std::vector<probe::ScanPath>> paths_of(const project::Recipe& recipe, const project::Project& project,
                                              const std::vector<std::string>& exclude) {
  if (recipe.verify.scan.empty()) {
    return fail(input_error(fmt::format("no source files given, and the recipe {} names none", recipe.name))
                    .hint("add to the recipe:\n        [verify]\n        scan = [\"src\"]")
                    .hint(fmt::format("or give files or folders: launch check {} src/", recipe.name)));
  }
  return scan_paths_of(recipe, project, exclude);
}

Result<CheckSubject> subject_of_lock(const std::string& name, const CheckRequest& request,
                                     const Context& context, const Workspace& workspace) {
  const auto& project = workspace.project;
  if (name.empty()) return fail(no_wheels_named());
  TRY_ASSIGN(const auto kind, kind_of(name, context, project));
  if (kind == Named::code) return fail(no_wheels_named());
  CheckSubject subject;
  TRY_ASSIGN(subject.paths, find_scan_paths(request.paths, request.exclude, context));
  if (kind == Named::lock) {
    TRY_ASSIGN(const auto file, project.lock_file(name));
    TRY_ASSIGN(subject.lock,
               project::load_lock(project, file, context.reporter, project::Accept::any_source));
    if (subject.paths.empty()) {
      return fail(input_error("no source files given, and a lock names none")
                      .hint(fmt::format("give files or folders: launch check {} src/", name)));
    }
  } else {
    TRY_ASSIGN(auto locked, project::load_locked(project, name, context.reporter));
    if (subject.paths.empty()) {
      TRY_ASSIGN(subject.paths, paths_of(locked.recipe, project, request.exclude));
    }
    subject.lock = std::move(locked.lock);
  }
  subject.further = project::indexes_of_lock(project, subject.lock->file, context.reporter);
  subject.shown = project.shown(subject.lock->file);
  return subject;
}

}  // namespace

Result<CheckSubject> subject_of_check(const CheckRequest& request, const Context& context,
                                      const Workspace* workspace) {
  if (workspace != nullptr)
    return subject_of_lock(std::get<LockedWheels>(request.wheels).name, request, context, *workspace);
  const auto& query = std::get<probe::ReleaseQuery>(request.wheels);
  if (request.paths.empty()) {
    return fail(input_error("no source files given")
                    .hint(fmt::format("give files or folders: launch check --torch {} src/", query.version)));
  }
  CheckSubject subject;
  TRY_ASSIGN(subject.paths, find_scan_paths(request.paths, request.exclude, context));
  return subject;
}

probe::LocateWheel locate_in(const project::Provenance& provenance, const project::Site& site,
                             const std::vector<project::Recipe::Index>& further, net::HttpClient& http) {
  return [origins = locking::origins_of(provenance, site, further),
          &http](const project::LockedWheel& wheel) -> Result<specs::Url> {
    TRY_ASSIGN(const auto located, locking::locate_wheels({wheel}, origins, http));
    return *located.front().url;
  };
}

OwnCode::OwnCode(const std::vector<probe::ScanPath>& paths, const probe::ImportedModules& imports,
                 const Context& context)
    : beside_(imports.folders.begin(), imports.folders.end()), names_(imports.own_names) {
  std::set<fs::path> tops = {context.folder, context.folder / "src"};
  std::error_code ignored;
  for (const auto& path : paths) {
    if (!fs::is_directory(path.path, ignored)) {
      tops.insert(path.path.parent_path());
      continue;
    }
    tops.insert({path.path, path.path / "src"});
    // The folder may be a package itself, or one in a package.
    auto folder = fs::weakly_canonical(path.path, ignored);
    while (fs::exists(folder / "__init__.py", ignored)) folder = folder.parent_path();
    tops.insert(folder);
  }
  tops_.assign(tops.begin(), tops.end());
}

bool OwnCode::find(const std::string& root) const {
  const auto has = [&](const fs::path& folder) { return has_module(folder, root); };
  return std::any_of(tops_.begin(), tops_.end(), has) ||
         (has_named(root) && std::any_of(beside_.begin(), beside_.end(), has));
}

bool OwnCode::has(const std::string& root) const {
  const auto known = known_.find(root);
  return known != known_.end() ? known->second : known_.emplace(root, find(root)).first->second;
}

}  // namespace launch::commands
