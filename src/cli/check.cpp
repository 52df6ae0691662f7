#include <algorithm>
#include <memory>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/scan_paths.hpp"
#include "locking/locate.hpp"
#include "probe/platforms.hpp"
#include "probe/report.hpp"
#include "probe/wheel_lookup.hpp"
#include "specs/name.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    "Checks, without running anything, that wheels have the names that code imports: yes, no or unknown, "
    "with the "
    "file\n"
    "and line of every no.";

constexpr const char* kFooter =
    "RECIPE or LOCK is a name (demo stands for recipes/demo.toml and its lock) or a path. Without PATHs the "
    "recipe's\n"
    "[verify] scan is checked. Every platform of a lock is asked. A wheel is read from the store where it is "
    "there, else\n"
    "by range requests (about 2 MB of 800). An import in try … except ImportError, or with the comment `# "
    "launch:\n"
    "optional`, may be missing; imports for type checkers too. Exit code 1: something that the code needs is "
    "not there.\n"
    "\n"
    "Examples:\n"
    "  launch check demo                           the locked torch against the recipe's own code\n"
    "  launch check demo train.py lib/             … against other code\n"
    "  launch check --torch 2.3.1 src/             any release, without a lock\n"
    "  launch check --torch 2.5.0.dev20240617 --channel nightly --cuda cu121 --python 3.11 src/\n"
    "  launch check demo --package torchvision     another locked package than the recipe's [torch] "
    "packages\n";

struct CheckOptions {
  std::vector<std::string> arguments;
  std::vector<std::string> packages;
  std::string torch;
  std::string channel;
  std::string cuda;
  std::string python;
};

/// What is to be asked of what.
struct Question {
  std::vector<probe::OpenedWheels> wheels;  // of each platform
  std::vector<probe::ScanPath> paths;
};

bool is_lock_name(std::string_view argument) {
  const auto name = argument.substr(argument.rfind('/') + 1);
  return name.ends_with(".toml") && (name.starts_with("pylock.") || name == "pylock.toml");
}

/// What the first argument names.
enum class First { recipe, lock, code };

/// Errors (usage): it is neither a recipe, a lock nor code; recipes that there are are named.
Result<First> first_of(const World& world, const Place& place, std::string_view argument) {
  if (is_lock_name(argument)) return First::lock;
  if (argument.ends_with(".toml")) return First::recipe;
  auto recipe = place.project.recipe_file(argument);
  const bool bare = argument.find('/') == std::string_view::npos;
  if (bare && recipe) return First::recipe;
  std::error_code ignored;
  if (std::filesystem::exists(world.folder / argument, ignored)) return First::code;
  if (bare && place.project.lock_file(argument)) return First::lock;
  return fail(std::move(recipe.error()));
}

Error no_wheels_named() {
  return usage_error("which wheels are to be checked?")
      .hint("name a recipe or lock first: launch check demo src/")
      .hint("or a version: launch check --torch 2.3.1 src/");
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

/// PyTorch's own packages in a lock that comes without its recipe.
std::vector<std::string> packages_of(const project::Lockfile& lock) {
  std::vector<std::string> names;
  for (const auto* name : {"torch", "torchvision", "torchaudio"}) {
    if (std::any_of(lock.packages.begin(), lock.packages.end(),
                    [&](const auto& each) { return each.name == name; })) {
      names.emplace_back(name);
    }
  }
  if (names.empty()) names.emplace_back("torch");
  return names;
}

Result<Question> question_of_release(const World& world, const CheckOptions& options,
                                     const project::Site& site, net::HttpClient& http) {
  if (options.arguments.empty()) {
    return fail(usage_error("which code is to be checked?")
                    .hint(fmt::format("give files or folders: launch check --torch {} src/", options.torch)));
  }
  if (!options.packages.empty()) {
    return fail(
        usage_error("--package chooses among the packages of a lock; --torch asks about torch alone"));
  }
  probe::ReleaseQuery query;
  query.version = options.torch;
  if (!options.channel.empty()) query.channel = options.channel;
  query.cuda = options.cuda;
  if (!options.python.empty()) query.python = options.python;
  TRY_ASSIGN(auto paths, paths_of_arguments(world, options.arguments));
  if (query.channel != "index" && query.cuda.empty()) {
    return fail(usage_error(fmt::format("--channel {} needs --cuda: the channel has an index for each build",
                                        query.channel))
                    .hint("--cuda cu128, or --cuda cpu"));
  }
  world.terminal.status(fmt::format("looking for torch {}", options.torch));
  Question question{{}, std::move(paths)};
  TRY_ASSIGN(auto wheels, open_release(query, site, http));
  question.wheels.push_back(std::move(wheels));
  return question;
}

Result<std::vector<probe::ScanPath>> paths_of_recipe(const project::Project& project,
                                                     const project::Recipe& recipe) {
  if (recipe.verify.scan.empty()) {
    return fail(
        usage_error(fmt::format("the recipe {} does not say which code is to be checked", recipe.name))
            .hint("add to it:\n        [verify]\n        scan = [\"src\"]")
            .hint(fmt::format("or give files or folders: launch check {} src/", recipe.name)));
  }
  std::vector<probe::ScanPath> paths;
  for (const auto& each : recipe.verify.scan) {
    const auto path = project.root() / each;
    paths.push_back({path, project.shown(path)});
  }
  return paths;
}

Result<Question> question_of_lock(const World& world, const CheckOptions& options, const Place& place,
                                  net::HttpClient& http) {
  if (options.arguments.empty()) return fail(no_wheels_named());
  const auto& argument = options.arguments.front();
  TRY_ASSIGN(const auto first, first_of(world, place, argument));
  if (first == First::code) return fail(no_wheels_named());
  TRY_ASSIGN(auto paths, paths_of_arguments(world, {options.arguments.begin() + 1, options.arguments.end()}));
  auto packages = normalized(options.packages);
  project::LoadedLock loaded;
  if (first == First::lock) {
    TRY_ASSIGN(const auto file, place.project.lock_file(argument));
    TRY_ASSIGN(loaded, project::load_lock(place.project, file));
    if (packages.empty()) packages = packages_of(loaded.lock);
    if (paths.empty()) {
      return fail(usage_error("which code is to be checked? A lock alone does not say.")
                      .hint(fmt::format("give files or folders: launch check {} src/", argument)));
    }
  } else {
    TRY_ASSIGN(auto locked, project::load_locked(place.project, argument));
    if (packages.empty()) packages = packages_of(locked.recipe);
    if (paths.empty()) {
      TRY_ASSIGN(paths, paths_of_recipe(place.project, locked.recipe));
    }
    loaded = std::move(locked.lock);
  }
  world.terminal.status("opening the locked wheels");
  const auto locate = [&](const project::LockedWheel& wheel) -> Result<specs::Url> {
    TRY_ASSIGN(const auto located, locking::locate_wheels({wheel}, loaded.lock.provenance, place.site, http));
    return *located.front().url;
  };
  TRY_ASSIGN(auto wheels, during(probe::open_locked_wheels(loaded.lock, packages, locate, place.site, http),
                                 fmt::format("checking against {}", place.project.shown(loaded.file))));
  return Question{std::move(wheels), std::move(paths)};
}

Result<Question> question_of(const World& world, const CheckOptions& options,
                             std::unique_ptr<net::HttpClient>& http) {
  if (!options.torch.empty()) {
    TRY_ASSIGN(const auto site, find_site(world));
    http = make_http(world, site);
    return question_of_release(world, options, site, *http);
  }
  for (const auto& [name, value] :
       {std::pair("--channel", &options.channel), {"--cuda", &options.cuda}, {"--python", &options.python}}) {
    if (!value->empty()) return fail(usage_error(fmt::format("{} goes with --torch VERSION", name)));
  }
  TRY_ASSIGN(const auto place, find_place(world));
  http = make_http(world, place.site);
  return question_of_lock(world, options, place, *http);
}

Result<probe::CheckReport> check(World& world, const CheckOptions& options) {
  std::unique_ptr<net::HttpClient> http;
  TRY_ASSIGN(auto question, question_of(world, options, http));
  world.terminal.clear();
  probe::CheckReport report;
  probe::PlatformApis platforms(std::move(question.wheels));
  TRY_ASSIGN(auto scan, scan_tree(question.paths, platforms.roots()));
  warn_of_problems(scan);
  report.files = scan.files;
  report.problems = std::move(scan.problems);

  world.terminal.status("reading the wheels");
  TRY_ASSIGN(report.platforms, platforms.ask(scan.names));
  return report;
}

Result<int> run_check(World& world, const CheckOptions& options) {
  auto checked = check(world, options);
  world.terminal.clear();
  if (world.stop.stop_requested()) return interrupted(world, "there is no verdict");
  TRY_ASSIGN(const auto report, std::move(checked));
  world.output.line(world.json ? check_json(report) : check_text(report));
  return report.fails() ? 1 : 0;
}

}  // namespace

void register_check(App& app) {
  const auto options = std::make_shared<CheckOptions>();
  auto command = app.add("check", kDescription);
  command.footer(kFooter);
  command.option("ARGUMENTS", &options->arguments, "A recipe's name or a lock's path, then files and folders")
      .value_name("");
  command.option("--package", &options->packages, "A locked package to ask (may be repeated)")
      .value_name("NAME");
  command.option("--torch", &options->torch, "Ask this version of torch, without a lock")
      .value_name("VERSION");
  command
      .option("--channel", &options->channel, "Where it comes from: index (default), nightly, test or stable")
      .value_name("NAME")
      .one_of({"index", "nightly", "test", "stable"});
  command.option("--cuda", &options->cuda, "Its build, for a channel: cu128, cpu").value_name("NAME");
  command.option("--python", &options->python, "Its Python; else the newest that it has a wheel for")
      .value_name("3.N");
  command.runs([options](World& world) { return run_check(world, *options); });
}

}  // namespace launch::cli
