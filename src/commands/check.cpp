#include "commands/check.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "commands/scan_paths.hpp"
#include "locking/locate.hpp"
#include "probe/platforms.hpp"
#include "pytorch/packages.hpp"
#include "specs/name.hpp"

namespace launch::commands {
namespace {

/// The wheels to check and the code that uses them.
struct Question {
  std::vector<probe::OpenedWheels> wheels;  // of each platform
  std::vector<probe::ScanPath> paths;
};

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

std::vector<std::string> normalized(const std::vector<std::string>& packages) {
  std::vector<std::string> names;
  names.reserve(packages.size());
  for (const auto& package : packages) names.push_back(specs::normalize_name(package));
  return names;
}

/// The recipe's [torch] packages.
std::vector<std::string> packages_of(const project::Recipe& recipe) {
  std::vector<std::string> names;
  names.reserve(recipe.torch.packages.size());
  for (const auto& requirement : recipe.torch.packages) names.push_back(requirement.name);
  if (names.empty()) names.emplace_back("torch");
  return names;
}

/// PyTorch's own packages in a lock without a recipe.
std::vector<std::string> packages_of(const project::Lockfile& lock) {
  auto names = libraries_in(lock);
  if (names.empty()) names.emplace_back("torch");
  return names;
}

/// Where wheels come from.
struct Sources {
  const project::Site& site;
  const store::Store& store;
  net::HttpClient& http;
};

Result<Question> question_of_release(const probe::ReleaseQuery& query, const std::vector<std::string>& paths,
                                     const Context& context, const Sources& sources) {
  if (paths.empty()) {
    return fail(input_error("no source files given")
                    .hint(fmt::format("give files or folders: launch check --torch {} src/", query.version)));
  }
  Question question;
  TRY_ASSIGN(question.paths, find_scan_paths(paths, context));
  context.reporter.status(fmt::format("looking for torch {}", query.version));
  TRY_ASSIGN(auto wheels, probe::open_release(query, sources.site, sources.store, sources.http));
  question.wheels.push_back(std::move(wheels));
  return question;
}

Result<std::vector<probe::ScanPath>> paths_of(const project::Recipe& recipe,
                                              const project::Project& project) {
  if (recipe.verify.scan.empty()) {
    return fail(input_error(fmt::format("no source files given, and the recipe {} names none", recipe.name))
                    .hint("add to the recipe:\n        [verify]\n        scan = [\"src\"]")
                    .hint(fmt::format("or give files or folders: launch check {} src/", recipe.name)));
  }
  return scan_paths_of(recipe, project);
}

/// A lock with the packages and the code to check.
struct LockQuestion {
  project::LoadedLock lock;
  std::vector<std::string> packages;
  std::vector<probe::ScanPath> paths;
};

Result<LockQuestion> of_lock(const std::string& name, const project::Project& project,
                             std::vector<probe::ScanPath> paths, Reporter& reporter) {
  LockQuestion question;
  TRY_ASSIGN(const auto file, project.lock_file(name));
  TRY_ASSIGN(question.lock, project::load_lock(project, file, reporter));
  if (paths.empty()) {
    return fail(input_error("no source files given, and a lock names none")
                    .hint(fmt::format("give files or folders: launch check {} src/", name)));
  }
  question.packages = packages_of(question.lock.lock);
  question.paths = std::move(paths);
  return question;
}

Result<LockQuestion> of_recipe(const std::string& name, const project::Project& project,
                               std::vector<probe::ScanPath> paths, Reporter& reporter) {
  TRY_ASSIGN(auto locked, project::load_locked(project, name, reporter));
  LockQuestion question{std::move(locked.lock), packages_of(locked.recipe), std::move(paths)};
  if (question.paths.empty()) {
    TRY_ASSIGN(question.paths, paths_of(locked.recipe, project));
  }
  return question;
}

Result<Question> question_of_lock(const LockedWheels& wanted, const std::vector<std::string>& code,
                                  const Context& context, const project::Project& project,
                                  const Sources& sources) {
  if (wanted.name.empty()) return fail(no_wheels_named());
  TRY_ASSIGN(const auto kind, kind_of(wanted.name, context, project));
  if (kind == Named::code) return fail(no_wheels_named());
  TRY_ASSIGN(auto paths, find_scan_paths(code, context));
  auto loaded = kind == Named::lock ? of_lock(wanted.name, project, std::move(paths), context.reporter)
                                    : of_recipe(wanted.name, project, std::move(paths), context.reporter);
  TRY_ASSIGN(auto question, std::move(loaded));
  if (!wanted.packages.empty()) question.packages = normalized(wanted.packages);
  context.reporter.status("opening the locked wheels");
  const auto& lock = question.lock.lock;
  const auto origins = locking::origins_of(
      lock.provenance, sources.site, project::indexes_of_lock(project, question.lock.file, context.reporter));
  const auto locate = [&](const project::LockedWheel& wheel) -> Result<specs::Url> {
    TRY_ASSIGN(const auto located, locking::locate_wheels({wheel}, origins, sources.http));
    return *located.front().url;
  };
  Question asked{{}, std::move(question.paths)};
  TRY_ASSIGN(asked.wheels,
             during(probe::open_locked_wheels(lock, question.packages, locate, sources.store, sources.http),
                    fmt::format("checking against {}", project.shown(question.lock.file))));
  return asked;
}

}  // namespace

Result<probe::CheckReport> check(const CheckRequest& request, const Context& context) {
  const auto* release = std::get_if<probe::ReleaseQuery>(&request.wheels);
  std::optional<Workspace> workspace;
  if (release == nullptr) {
    TRY_ASSIGN(workspace, open_workspace(context));
  }
  TRY_ASSIGN(const auto site, workspace ? Result<project::Site>(workspace->site) : load_site(context));
  TRY_ASSIGN(const auto store, open_store(context, site));
  const auto http = open_http(context, site);
  const Sources sources{site, store, *http};
  TRY_ASSIGN(auto question, release != nullptr
                                ? question_of_release(*release, request.paths, context, sources)
                                : question_of_lock(std::get<LockedWheels>(request.wheels), request.paths,
                                                   context, workspace->project, sources));
  probe::CheckReport report;
  probe::PlatformApis platforms(std::move(question.wheels));
  TRY_ASSIGN(auto scan, probe::scan_tree(question.paths, platforms.roots()));
  warn_of_problems(scan, context.reporter);
  report.files = scan.files;
  report.problems = std::move(scan.problems);
  context.reporter.status("reading the wheels");
  TRY_ASSIGN(report.platforms, platforms.ask(scan));
  TRY(require_no_stop(context));
  return report;
}

}  // namespace launch::commands
