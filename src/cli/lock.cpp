#include "commands/lock.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/reports/changes.hpp"
#include "cli/reports/explanation.hpp"
#include "cli/reports/verified.hpp"
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
as they satisfy the recipe; --upgrade resolves everything to the newest, or only the PACKAGEs: others move only if
these require it, and never to an older version if that can be avoided. A package that the recipe takes from the
nightly channel moves the nightly. An unchanged lock is not written. With --explain, the exit code is 1 if the
package is not needed.

With --image, the lock also records the digest of the image without the project's files, and every build must match
it. After that, `launch lock` updates the digest with the lock, provided the store has all parts.

Examples:
  launch lock demo                    create the lock, or bring it up to date with the recipe
  launch lock demo --upgrade          lock the newest versions that the recipe allows
  launch lock demo --upgrade torch    move torch and what it requires; keep everything else
  launch lock demo --date 2025-06-06  use that nightly, whatever the recipe says
  launch lock demo --image            record the digest of the image, which every build must match
  launch lock demo --explain sympy    why is it locked, why in this version, and what would allow a newer one
  launch lock demo --check            in CI: exit with 1 if the lock is out of date
  launch lock demo --json             {"lock": …, "changed": …, "changes": …, "packages": […], "date": …}
)";

struct LockOptions {
  std::string recipe;
  std::vector<std::string> packages;
  std::string date;
  std::string as_of;
  std::string explain;
  bool check = false;
  bool upgrade = false;
  bool offline = false;
  bool image = false;
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
  for (const auto& one : locked.resolution.stayed)
    reporter.note(fmt::format("{} stays at {}: {}", one.package, one.version.text(), one.reason));
  for (const auto& one : locked.resolution.remarks.source_only) {
    reporter.warn(
        fmt::format("{0} {1} has only a source archive, so {0} {2} is locked: add [lock.build.{0}] to the "
                    "recipe to build it from source in a container, or pin the version that you want",
                    one.package, one.newest.text(), one.locked.text()));
  }
  for (const auto& one : locked.resolution.remarks.held_back) {
    reporter.warn(fmt::format(
        "{0} {1} requires {2}, which has only a source archive, so {0} {3} is locked: add "
        "[lock.build.{4}] to the recipe to build it from source in a container, or pin the version "
        "that you want",
        one.package, one.newest.text(), one.requirement, one.locked.text(), one.required));
  }
  for (const auto& one : locked.resolution.remarks.yanked) {
    reporter.warn(fmt::format(
        "{} {} was yanked from its index{}: it is locked because it is pinned or was locked before",
        one.package, one.version.text(), one.reason.empty() ? "" : " (" + one.reason + ")"));
  }
  for (const auto& one : locked.resolution.remarks.unknown_extras) {
    const auto near = did_you_mean(one.extra, one.known);
    reporter.warn(fmt::format("{} {} has no extra {}{}", one.package, one.version.text(),
                              in_quotes(one.extra),
                              near ? fmt::format("; did you mean {}?", in_quotes(*near)) : ""));
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
  for (const auto& one : result.remarks.source_only)
    source_only.push_back(
        {{"name", one.package}, {"locked", one.locked.text()}, {"newest", one.newest.text()}});
  auto held_back = Json::array();
  for (const auto& one : result.remarks.held_back)
    held_back.push_back({{"name", one.package},
                         {"locked", one.locked.text()},
                         {"newest", one.newest.text()},
                         {"requires", one.requirement}});
  auto yanked = Json::array();
  for (const auto& one : result.remarks.yanked)
    yanked.push_back({{"name", one.package}, {"version", one.version.text()}, {"reason", one.reason}});
  auto unknown_extras = Json::array();
  for (const auto& one : result.remarks.unknown_extras)
    unknown_extras.push_back({{"name", one.package}, {"version", one.version.text()}, {"extra", one.extra}});
  auto stayed = Json::array();
  for (const auto& one : result.stayed)
    stayed.push_back({{"name", one.package}, {"version", one.version.text()}, {"reason", one.reason}});
  const auto& date = result.lock.provenance.date;
  auto images = Json::array();
  if (const auto& named = result.lock.provenance.images) {
    for (const auto& [platform, image] : named->platforms)
      images.push_back({{"platform", platform.text()},
                        {"digest", image.manifest.text()},
                        {"image_id", image.config.text()}});
  }
  const Json json = {{"schema", 1},
                     {"lock", locked.file},
                     {"changed", locked.changed},
                     {"changes", changes_of(locked)},
                     {"packages", std::move(packages)},
                     {"date", date ? Json(date->text()) : Json()},
                     {"passed_over", std::move(passed_over)},
                     {"ruled_out", std::move(ruled_out)},
                     {"source_only", std::move(source_only)},
                     {"held_back", std::move(held_back)},
                     {"yanked", std::move(yanked)},
                     {"unknown_extras", std::move(unknown_extras)},
                     {"moved", result.moved},
                     {"stayed", std::move(stayed)},
                     {"images", std::move(images)},
                     {"metadata_bytes", result.metadata_bytes},
                     {"verified", verified_json<Json>(locked.verified)}};
  return json_text(json);
}

Result<std::optional<specs::Day>> day_of(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto day = specs::Day::parse(text);
  if (day) return day;
  return fail(
      input_error(fmt::format("{}: expected a day such as 2025-06-06, found {}", option, in_quotes(text))));
}

Result<commands::LockRequest> request_of(const LockOptions& options) {
  if (!options.packages.empty() && !options.upgrade) {
    return fail(input_error("packages can be named only with --upgrade")
                    .hint(fmt::format("run `launch lock {} --upgrade {}`", options.recipe,
                                      join(options.packages, " "))));
  }
  commands::LockRequest request{.recipe = options.recipe,
                                .write = !options.check,
                                .upgrade = options.upgrade && options.packages.empty(),
                                .offline = options.offline,
                                .upgrade_only = options.packages,
                                .images = options.image};
  TRY_ASSIGN(const auto date, day_of("--date", options.date));
  TRY_ASSIGN(const auto as_of, day_of("--as-of", options.as_of));
  if (date || as_of) request.night = locking::OtherNight{date, as_of};
  return request;
}

/// Whether the lock is verified. An unchanged one that is not is no news, and one of a nightly that the
/// recipe does not ask for cannot be verified.
void tell_verification(const commands::LockDocument& locked, bool check, Reporter& reporter) {
  if (locked.verified) return reporter.note(locked.verified->text());
  if (locked.changed && !check && locked.is_asked_for)
    reporter.note(fmt::format("not verified yet: run `launch verify {}`", locked.recipe.name));
}

/// The options that choose versions, for hints: " --upgrade torch".
std::string options_text(const LockOptions& options) {
  std::string text;
  if (options.upgrade) text += " --upgrade";
  for (const auto& package : options.packages) text += " " + package;
  if (!options.date.empty()) text += " --date " + options.date;
  if (!options.as_of.empty()) text += " --as-of " + options.as_of;
  return text;
}

/// What the recipe says of the nightly.
std::string wish_of(const project::Recipe& recipe) {
  const auto& torch = recipe.torch;
  if (torch.date) return fmt::format("the nightly of {}", torch.date->text());
  return torch.as_of ? fmt::format("the newest nightly up to {}", torch.as_of->text()) : "no certain nightly";
}

/// Reports that a nightly was chosen by an option.
void tell_night(const commands::LockDocument& locked, const LockOptions& options, Reporter& reporter) {
  if (options.date.empty() && options.as_of.empty()) return;
  const auto& recipe = locked.recipe;
  const auto option = options.date.empty() ? "--as-of " + options.as_of : "--date " + options.date;
  if (locked.is_asked_for) {
    const auto& date = locked.resolution.lock.provenance.date;
    return reporter.note(fmt::format("{} chose the nightly of {}, which the lock keeps until --upgrade",
                                     option, date ? date->text() : "no day"));
  }
  reporter.warn(fmt::format(
      "{} replaced what the recipe {} asks for, {}: until the recipe asks for it, `launch lock {} --check` "
      "fails, and so do commands that need an up-to-date lock",
      option, recipe.name, wish_of(recipe), recipe.name));
}

/// The images whose digests were recorded, or are no longer.
void tell_images(const commands::LockDocument& locked, Reporter& reporter) {
  if (locked.lost_images) {
    reporter.note(fmt::format("the lock no longer names its image; run `launch lock {} --image` to record it",
                              locked.recipe.name));
  }
  if (!locked.new_images) return;
  for (const auto& [platform, image] : locked.resolution.lock.provenance.images->platforms)
    reporter.note(fmt::format("its image for {} is {}", platform.text(), image.manifest.text()));
}

Result<int> run_explain(World& world, const commands::LockRequest& request, const std::string& package) {
  const auto document = commands::explain(request, package, world.context);
  if (!document) return ended(world, document.error(), "nothing was explained");
  world.terminal.clear();
  if (document->did_you_mean)
    world.context.reporter.note(fmt::format("did you mean {}?", *document->did_you_mean));
  world.output.line(world.json ? explanation_json(*document) : explanation_text(*document));
  return document->explanation.reasons.empty() ? kNo : 0;
}

Result<int> run_lock(World& world, const LockOptions& options) {
  TRY_ASSIGN(const auto request, request_of(options));
  if (!options.explain.empty()) return run_explain(world, request, options.explain);
  const auto locked = commands::lock(request, world.context);
  if (!locked) return ended(world, locked.error(), "nothing was written");
  world.terminal.clear();
  auto& reporter = world.context.reporter;
  tell(*locked, reporter);
  tell_night(*locked, options, reporter);
  report_changes(*locked, options.check, reporter);
  tell_images(*locked, reporter);
  tell_verification(*locked, options.check, reporter);
  if (world.json) world.output.line(json_of(*locked));
  if (locked->image_error) {
    return ended(
        world, Error(*locked->image_error),
        locked->changed ? "the lock is written, but does not name its image" : "the lock is unchanged");
  }
  if (!options.check || !locked->changed) return 0;
  reporter.note(
      fmt::format("run `launch lock {}{}` to update it", locked->recipe.name, options_text(options)));
  return kNo;
}

}  // namespace

void register_lock(App& app) {
  const auto options = std::make_shared<LockOptions>();
  auto command = app.add("lock", kDescription);
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, kRecipeHelp).required().value_name("");
  command.option("PACKAGES", &options->packages, "With --upgrade: packages to upgrade (default: all)")
      .value_name("");
  const auto check =
      command.flag("--check", options->check, "Write nothing; exit with 1 if the lock is out of date");
  command.flag("--upgrade", options->upgrade, "Resolve to the newest versions instead of the locked ones");
  const auto date =
      command.option("--date", &options->date, "Use the nightly of this day instead of the recipe's")
          .value_name("DAY");
  command.option("--as-of", &options->as_of, "Use the newest nightly up to this day instead of the recipe's")
      .value_name("DAY")
      .excludes(date);
  const auto image = command
                         .flag("--image", options->image,
                               "Record the digest of each platform's image; fetches missing parts")
                         .excludes(check);
  command
      .option("--explain", &options->explain, "Write nothing; say why this package is locked in its version")
      .value_name("NAME")
      .excludes(check)
      .excludes(image);
  command.flag("--offline", options->offline, "Use cached index pages only; make no network requests")
      .excludes(image);
  command.runs([options](World& world) { return run_lock(world, *options); });
}

}  // namespace launch::cli
