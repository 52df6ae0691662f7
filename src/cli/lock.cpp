#include "commands/lock.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/reports/changes.hpp"
#include "project/diff.hpp"
#include "specs/texts.hpp"

namespace launch::cli {
namespace {

constexpr std::size_t kMostChangesShown = 12;

constexpr const char* kDescription =
    R"(Resolve a recipe and write its lock: the exact version, wheel, size and sha256 of every package)";

constexpr const char* kFooter =
    R"(RECIPE is a name (demo means recipes/demo.toml) or a path. The lock is written to lockfiles/pylock.NAME.toml in
the standard format (PEP 751), which pip (26.1 or later) and uv install as it is. Locked versions are kept as long
as they satisfy the recipe; --upgrade resolves everything to the newest. An unchanged lock is not written.

Examples:
  launch lock demo              create the lock, or bring it up to date with the recipe
  launch lock demo --upgrade    lock the newest versions that the recipe allows
  launch lock demo --check      in CI: exit with 1 if the lock is out of date
  launch lock demo --json       {"lock": …, "changed": …, "packages": […], "date": …}
)";

struct LockOptions {
  std::string recipe;
  bool check = false;
  bool upgrade = false;
  bool offline = false;
};

/// One line per change, for the list below "… has changed".
std::vector<std::string> changes_between(const project::Lockfile& before, const project::Lockfile& after) {
  const auto diff = project::diff_locks(before, after);
  std::vector<std::string> lines;
  for (const auto& one : diff.properties) lines.push_back(project::property_text(one));
  for (std::size_t i = 0; i < std::min(diff.packages.size(), kMostChangesShown); ++i)
    lines.push_back(project::change_text(diff.packages[i]));
  if (diff.packages.size() > kMostChangesShown)
    lines.push_back(fmt::format("and {} more", diff.packages.size() - kMostChangesShown));
  if (lines.empty() && before.provenance.of_earlier_launch) {
    lines.emplace_back("no package; an earlier version of launch wrote it");
  } else if (lines.empty() && before.provenance.recipe != after.provenance.recipe) {
    lines.emplace_back("no package, only what the recipe asks for");
  }
  return lines;
}

/// Reports how the lock changed, or with --check would change.
void report_changes(const commands::LockDocument& locked, bool check, Reporter& reporter) {
  if (!locked.changed) return reporter.note(fmt::format("{} is unchanged", locked.file));
  if (locked.is_new) {
    return reporter.note(fmt::format("{} is {}", locked.file, check ? "missing" : "new"));
  }
  const auto lines = locked.previous ? changes_between(*locked.previous, locked.resolution.lock)
                                     : std::vector<std::string>{};
  reporter.note(fmt::format("{} {}{}", locked.file, check ? "is out of date" : "has changed",
                            lines.empty() ? "" : ":"));
  for (const auto& line : lines) reporter.note("  " + line);
}

std::string size_text(const project::Lockfile& lock) {
  std::uint64_t bytes = 0;
  for (const auto& package : lock.packages) {
    for (const auto& wheel : package.wheels) bytes += wheel.size;
  }
  return human_bytes(bytes);
}

void tell(const commands::LockDocument& locked, Reporter& reporter) {
  for (const auto& one : locked.resolution.passed_over) {
    reporter.note(fmt::format("skipped nightly {}: {}", one.day.text(), one.reason));
  }
  for (const auto& one : locked.resolution.ruled_out)
    reporter.warn(fmt::format("skipped {} {}: {}", one.package, one.version.text(), one.reason));
  for (const auto& one : locked.resolution.source_only) {
    reporter.warn(
        fmt::format("{0} {1} has only a source archive, so {0} {2} is locked: build its wheel with `pip "
                    "wheel --no-deps {0}=={1}` and add its folder to pip's find-links, or pin the version "
                    "that you want",
                    one.package, one.newest.text(), one.locked.text()));
  }
  for (const auto& name : locked.resolution.moved) {
    reporter.note(
        fmt::format("{} comes from the general index: no version on the channel can be used", name));
  }
  const auto& lock = locked.resolution.lock;
  reporter.note(fmt::format("locked {} ({}) for Python {} on {} in {}",
                            count_of(lock.packages.size(), "package"), size_text(lock),
                            locked.recipe.python.text(), join_words(specs::texts_of(locked.recipe.platforms)),
                            human_seconds(locked.seconds)));
}

using Json = nlohmann::ordered_json;

/// Null if there was a lock that could not be read.
Json changes_of(const commands::LockDocument& locked) {
  if (!locked.previous && !locked.is_new) return {};
  return changes_json<Json>(
      project::diff_locks(locked.previous.value_or(project::Lockfile{}), locked.resolution.lock));
}

std::string json_of(const commands::LockDocument& locked) {
  const auto& result = locked.resolution;
  auto packages = Json::array();
  for (const auto& package : result.lock.packages) {
    packages.push_back({{"name", package.name},
                        {"version", package.version.text()},
                        {"index", package.index ? Json(*package.index) : Json()}});
  }
  auto passed_over = Json::array();
  for (const auto& one : result.passed_over)
    passed_over.push_back({{"date", one.day.text()}, {"reason", one.reason}});
  auto ruled_out = Json::array();
  for (const auto& one : result.ruled_out)
    ruled_out.push_back({{"name", one.package}, {"version", one.version.text()}, {"reason", one.reason}});
  auto source_only = Json::array();
  for (const auto& one : result.source_only)
    source_only.push_back(
        {{"name", one.package}, {"locked", one.locked.text()}, {"newest", one.newest.text()}});
  const auto& date = result.lock.provenance.date;
  const Json json = {{"schema", 1},
                     {"lock", locked.file},
                     {"changed", locked.changed},
                     {"changes", changes_of(locked)},
                     {"packages", std::move(packages)},
                     {"date", date ? Json(date->text()) : Json()},
                     {"passed_over", std::move(passed_over)},
                     {"ruled_out", std::move(ruled_out)},
                     {"source_only", std::move(source_only)},
                     {"metadata_bytes", result.metadata_bytes}};
  return json_text(json);
}

Result<int> run_lock(World& world, const LockOptions& options) {
  const commands::LockRequest request{.recipe = options.recipe,
                                      .write = !options.check,
                                      .upgrade = options.upgrade,
                                      .offline = options.offline};
  const auto locked = commands::lock(request, world.context);
  if (!locked) return ended(world, locked.error(), "nothing was written");
  world.terminal.clear();
  auto& reporter = world.context.reporter;
  tell(*locked, reporter);
  report_changes(*locked, options.check, reporter);
  if (world.json) world.output.line(json_of(*locked));
  if (!options.check || !locked->changed) return 0;
  reporter.note(fmt::format("run `launch lock {}{}` to update it", locked->recipe.name,
                            options.upgrade ? " --upgrade" : ""));
  return kNo;
}

}  // namespace

void register_lock(App& app) {
  const auto options = std::make_shared<LockOptions>();
  auto command = app.add("lock", kDescription);
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, kRecipeHelp).required().value_name("");
  command.flag("--check", options->check, "Write nothing; exit with 1 if the lock is out of date");
  command.flag("--upgrade", options->upgrade, "Ignore the existing lock and resolve to the newest versions");
  command.flag("--offline", options->offline, "Use cached index pages only; make no network requests");
  command.runs([options](World& world) { return run_lock(world, *options); });
}

}  // namespace launch::cli
