#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "locking/base_image.hpp"
#include "locking/resolve_lock.hpp"
#include "project/diff.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "registry/oci_registry.hpp"
#include "store/wheel_store.hpp"

namespace launch::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostChangesShown = 12;

constexpr const char* kDescription =
    "Resolves a recipe and writes its lock: every package with its exact version, wheel, size and sha256.";

constexpr const char* kFooter =
    "RECIPE is a name (demo stands for recipes/demo.toml) or a path. The lock goes to "
    "lockfiles/pylock.NAME.toml, in\n"
    "the standard's format (PEP 751): pip (26.1 or later) and uv install it as it stands. What the lock has "
    "already is\n"
    "kept as long as it fits the recipe; --upgrade asks for the newest of everything. An unchanged lock is "
    "not "
    "written.\n"
    "\n"
    "Examples:\n"
    "  launch lock demo              lock, or bring the lock up to date with the recipe\n"
    "  launch lock demo --upgrade    the newest that the recipe allows\n"
    "  launch lock demo --check      for CI: exit code 1 when the lock is not what the recipe gives\n"
    "  launch lock demo --json       {\"lock\": …, \"changed\": …, \"packages\": […], \"date\": …}\n";

struct LockOptions {
  std::string recipe;
  bool check = false;
  bool upgrade = false;
  bool offline = false;
};

struct Previous {
  std::string text;  ///< empty when there is none
  std::optional<project::Lockfile> lock;
};

Result<Previous> read_previous(const project::Project& project, const fs::path& file, bool upgrade) {
  std::error_code ignored;
  Previous previous;
  if (!fs::exists(file, ignored)) return previous;
  TRY_ASSIGN(previous.text, read_file(file));
  auto parsed = project::parse_lockfile(previous.text, project.shown(file));
  if (parsed) {
    previous.lock = *std::move(parsed);
  } else if (!upgrade) {
    return fail(std::move(parsed.error()));
  } else {
    log_warning("{}; it is written anew", parsed.error().message());
  }
  return previous;
}

std::vector<registry::RegistryLocation> registries(const project::Site& site) {
  std::vector<registry::RegistryLocation> out;
  out.reserve(site.registries.size());
  for (const auto& registry : site.registries) {
    out.push_back({.prefix = registry.prefix, .location = registry.location, .insecure = registry.insecure});
  }
  return out;
}

Result<locking::LockResult> resolve(World& world, const LockOptions& options, const project::Site& site,
                                    const project::Recipe& recipe, const Previous& previous) {
  TRY_ASSIGN(const auto glibc_minor, locking::glibc_minor_for(recipe));
  const auto http = make_http(world, site, options.offline, options.upgrade);
  const locking::LockRequest request{
      .recipe = recipe, .previous = previous.lock, .upgrade = options.upgrade, .glibc_minor = glibc_minor};
  TRY_ASSIGN(auto result, locking::resolve_lock(
                              request, site, *http, store::WheelStore(site.store.value),
                              [&](const std::string& what) { world.terminal.status(what); }, world.stop));
  const bool keep = previous.lock && !options.upgrade;
  registry::OciRegistry registry(*http, registries(site));
  world.terminal.status("asking for the base image");
  TRY_ASSIGN(result.lock.provenance.base,
             locking::choose_base(recipe, result.lock, keep ? previous.lock->provenance.base : std::nullopt,
                                  registry));
  world.terminal.clear();
  return result;
}

std::string image_text(const project::BaseImage& image) {
  return fmt::format("{}:{}", image.name, image.tag);
}

/// One line a change, to be told below "… has changed".
std::vector<std::string> changes_between(const project::Lockfile& before, const project::Lockfile& after) {
  std::vector<std::string> lines;
  const auto changes = project::diff_packages(before, after);
  for (std::size_t i = 0; i < std::min(changes.size(), kMostChangesShown); ++i) {
    lines.push_back(project::change_text(changes[i]));
  }
  if (changes.size() > kMostChangesShown)
    lines.push_back(fmt::format("and {} more", changes.size() - kMostChangesShown));
  const auto& old_base = before.provenance.base;
  const auto& new_base = after.provenance.base;
  if (old_base && new_base && old_base->digest != new_base->digest) {
    lines.push_back(image_text(*old_base) == image_text(*new_base)
                        ? fmt::format("the base image {} is {} now", image_text(*new_base), new_base->digest)
                        : fmt::format("base image {} → {}", image_text(*old_base), image_text(*new_base)));
  }
  if (lines.empty() && before.provenance.recipe_digest != after.provenance.recipe_digest) {
    lines.emplace_back("no package, only the recipe's text");
  }
  return lines;
}

/// What became, or with --check would become, of the lock.
void tell_changes(const std::string& file, const Previous& previous, const project::Lockfile& lock,
                  bool check) {
  if (previous.text.empty()) return log_info("{} is {}", file, check ? "not there" : "new");
  const auto lines = previous.lock ? changes_between(*previous.lock, lock) : std::vector<std::string>{};
  log_info("{} {}{}", file, check ? "is out of date" : "has changed", lines.empty() ? "" : ":");
  for (const auto& line : lines) log_info("  {}", line);
}

std::string size_text(const project::Lockfile& lock) {
  std::uint64_t bytes = 0;
  for (const auto& package : lock.packages) {
    for (const auto& wheel : package.wheels) bytes += wheel.size;
  }
  return human_bytes(bytes);
}

std::string document(const std::string& file, bool changed, const locking::LockResult& result) {
  using Json = nlohmann::ordered_json;
  auto packages = Json::array();
  for (const auto& package : result.lock.packages) {
    packages.push_back({{"name", package.name},
                        {"version", package.version.text()},
                        {"index", package.index ? Json(*package.index) : Json()}});
  }
  auto passed_over = Json::array();
  for (const auto& one : result.passed_over)
    passed_over.push_back({{"date", one.date}, {"reason", one.reason}});
  const auto& date = result.lock.provenance.date;
  const Json json = {{"schema", 1},
                     {"lock", file},
                     {"changed", changed},
                     {"packages", std::move(packages)},
                     {"date", date ? Json(*date) : Json()},
                     {"passed_over", std::move(passed_over)},
                     {"metadata_bytes", result.metadata_bytes}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<int> run_lock(World& world, const LockOptions& options) {
  const auto begin = world.clock.steady();
  TRY_ASSIGN(const auto place, find_place(world));
  TRY_ASSIGN(const auto recipe_file, place.project.recipe_file(options.recipe));
  TRY_ASSIGN(const auto recipe, load_recipe(place.project, recipe_file));
  const auto file = place.project.lock_place(recipe.name);
  const auto shown = place.project.shown(file);
  TRY_ASSIGN(const auto previous, read_previous(place.project, file, options.upgrade));
  auto resolved = resolve(world, options, place.site, recipe, previous);
  if (world.stop.stop_requested()) return interrupted(world, "nothing was written");
  TRY_ASSIGN(const auto result, std::move(resolved));
  const auto text = project::write_lockfile(result.lock);
  const bool changed = text != previous.text;

  for (const auto& one : result.passed_over) {
    log_info("passed over the nightly of {}: {}", one.date, printable(one.reason));
  }
  const auto seconds = std::chrono::duration<double>(world.clock.steady() - begin).count();
  log_info("locked {} ({}) for Python {} on {} in {}", count_of(result.lock.packages.size(), "package"),
           size_text(result.lock), recipe.python, join_words(recipe.platforms), human_seconds(seconds));
  if (changed && !options.check) TRY(write_file(file, text));
  if (changed) {
    tell_changes(shown, previous, result.lock, options.check);
  } else {
    log_info("{} is unchanged", shown);
  }
  if (world.json) world.output.line(document(shown, changed, result));
  if (!options.check || !changed) return 0;
  log_info("bring it up to date: launch lock {}{}", recipe.name, options.upgrade ? " --upgrade" : "");
  return static_cast<int>(ErrorKind::no);
}

}  // namespace

void register_lock(App& app) {
  const auto options = std::make_shared<LockOptions>();
  auto command = app.add("lock", kDescription);
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, "A recipe's name or path").required().value_name("");
  command.flag("--check", options->check, "Write nothing; exit code 1 when the lock is out of date");
  command.flag("--upgrade", options->upgrade, "Take the newest, whatever the lock has");
  command.flag("--offline", options->offline, "Answer from the cache of index pages, ask no server");
  command.runs([options](World& world) { return run_lock(world, *options); });
}

}  // namespace launch::cli
