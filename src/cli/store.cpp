#include "commands/store.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/option_values.hpp"
#include "cli/table.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFooter =
    R"(ACTION is one of:
  list      print the files: size, day of the last use, sha256, name
  verify    hash every file again, including unpacked ones; exit with 1 if one is damaged
  gc        remove the files that no lock needs and that were not used for 30 days

The store is shared by all projects; `launch doctor` prints its location. It remembers the locks that were written,
fetched or built with it, and `gc` keeps their files for as long as those locks exist. What `launch train` unpacked
can be made again: it is removed after 30 days without use, unless a run uses it. A nightly that is no longer on the
index cannot be fetched again: use --dry-run first if you keep older locks elsewhere, such as in git.

Examples:
  launch store list
  launch store gc --dry-run            print what would be removed
  launch store gc --unused-for 7       also remove what was last used more than a week ago
)";

struct StoreOptions {
  std::string action;
  std::optional<int> unused_for;
  bool dry_run = false;
};

std::string time_of(const store::Entry& file) {
  return utc_timestamp(file.last_used);
}

std::string table_of_files(const std::vector<store::Entry>& files) {
  constexpr std::size_t kShown = 12;  // hex digits that tell files apart, as git and podman print them
  std::vector<std::vector<std::string>> rows{{"SIZE", "LAST USED", "SHA256", "NAME"}};
  for (const auto& file : files) {
    rows.push_back({human_bytes(file.size), time_of(file).substr(0, 10), file.digest.hex().substr(0, kShown),
                    file.name});
  }
  return table_of(rows);
}

Json json_of(const store::Entry& file) {
  return {{"name", file.name},
          {"sha256", file.digest.hex()},
          {"size", file.size},
          {"last_used", time_of(file)},
          {"path", file.path.string()}};
}

Json json_of(const std::vector<store::Entry>& files) {
  auto json = Json::array();
  for (const auto& file : files) json.push_back(json_of(file));
  return json;
}

Result<int> list(World& world) {
  TRY_ASSIGN(const auto document, commands::list_store(world.context));
  const auto& [files, unfinished, unfinished_bytes, trees, tree_bytes, environments] = document.contents;
  if (world.json) {
    world.output.line(json_text(
        Json{{"schema", 1},
             {"folder", document.folder},
             {"files", json_of(files)},
             {"unfinished", {{"count", unfinished}, {"bytes", unfinished_bytes}}},
             {"unpacked", {{"trees", trees}, {"bytes", tree_bytes}, {"environments", environments}}}},
        2));
    return 0;
  }
  if (!files.empty()) world.output.line(table_of_files(files));
  std::uint64_t bytes = 0;
  for (const auto& file : files) bytes += file.size;
  auto summary =
      fmt::format("{} ({}) in {}", count_of(files.size(), "file"), human_bytes(bytes), document.folder);
  if (unfinished != 0) {
    summary += fmt::format("; {} ({}), which `launch fetch` resumes",
                           count_of(unfinished, "unfinished download"), human_bytes(unfinished_bytes));
  }
  if (trees != 0)
    summary += fmt::format("; {} ({})", count_of(trees, "unpacked tree"), human_bytes(tree_bytes));
  if (environments != 0) summary += fmt::format("; {}", count_of(environments, "environment"));
  world.context.reporter.note(summary);
  return 0;
}

Error damage_of(const commands::StoreVerifyDocument& document) {
  std::size_t folders = 0;
  for (const auto& damage : document.damaged) folders += damage.is_unpacked ? 1 : 0;
  std::string remove = folders == 0 ? "rm" : "rm -r";
  for (const auto& damage : document.damaged) remove += " " + shell_quote(damage.file.path.string());
  std::vector<std::string> damaged;
  if (const auto files = document.damaged.size() - folders; files != 0)
    damaged.push_back(fmt::format("{} of {}", files, count_of(document.files, "file")));
  if (folders != 0) damaged.push_back(count_of(folders, "unpacked folder"));
  return Error(ErrorKind::no, fmt::format("{} in {} {} damaged", join_words(damaged), document.folder,
                                          document.damaged.size() == 1 ? "is" : "are"))
      .hint("remove what is damaged; it is fetched or unpacked again when needed: " + remove);
}

Result<int> verify(World& world) {
  const auto verified = commands::verify_store(world.context);
  if (!verified) return ended(world, verified.error(), "the store was not verified");
  world.terminal.clear();
  if (world.json) {
    auto damaged = Json::array();
    for (const auto& damage : verified->damaged) {
      damaged.push_back(json_of(damage.file));
      damaged.back()["found"] = damage.found;
    }
    world.output.line(json_text(Json{{"schema", 1},
                                     {"folder", verified->folder},
                                     {"files", verified->files},
                                     {"bytes", verified->bytes},
                                     {"damaged", std::move(damaged)}},
                                2));
  } else {
    for (const auto& damage : verified->damaged) {
      const auto wrong = damage.is_unpacked ? damage.found
                                            : fmt::format("expected sha256 {}, found {}",
                                                          damage.file.digest.hex(), damage.found);
      world.output.line(printable(fmt::format("{}: {}", damage.file.path.string(), wrong)));
    }
  }
  if (!verified->damaged.empty()) return fail(damage_of(*verified));
  world.context.reporter.note(fmt::format("{} ({}) in {} verified in {}", count_of(verified->files, "file"),
                                          human_bytes(verified->bytes), verified->folder,
                                          human_seconds(verified->seconds)));
  return 0;
}

std::string summary_of(const commands::StoreGcDocument& document, bool dry_run) {
  const auto& collected = document.collected;
  std::vector<std::string> parts;
  if (!collected.removed.empty()) parts.push_back(count_of(collected.removed.size(), "file"));
  if (collected.unfinished != 0) parts.push_back(count_of(collected.unfinished, "unfinished download"));
  if (collected.trees != 0) parts.push_back(count_of(collected.trees, "unpacked tree"));
  const auto removed = parts.empty() ? "nothing" : join_words(parts);
  auto summary = fmt::format("{} {}", dry_run ? "would remove" : "removed", removed);
  if (!parts.empty()) summary += fmt::format(", freeing {}", human_bytes(collected.freed));
  if (collected.kept != 0) {
    summary += fmt::format("; kept {} for {}", count_of(collected.kept, "unused file"),
                           count_of(document.locks.size(), "lock"));
  }
  return summary;
}

Result<int> gc(World& world, const StoreOptions& options) {
  commands::StoreGcRequest request{.dry_run = options.dry_run};
  TRY_ASSIGN(const auto days, at_least(0, options.unused_for, "--unused-for", " days"));
  if (days) request.unused_days = *days;
  const auto collected = commands::collect_store(request, world.context);
  if (!collected) return ended(world, collected.error(), "the store was not collected to its end");
  const auto& [removed, unfinished, kept, freed, trees] = collected->collected;
  if (world.json) {
    world.output.line(json_text(Json{{"schema", 1},
                                     {"folder", collected->folder},
                                     {"dry_run", options.dry_run},
                                     {"removed", json_of(removed)},
                                     {"unfinished", unfinished},
                                     {"trees", trees},
                                     {"kept", kept},
                                     {"freed", freed},
                                     {"locks", collected->locks}},
                                2));
  } else if (!removed.empty()) {
    world.output.line(table_of_files(removed));
  }
  world.context.reporter.note(summary_of(*collected, options.dry_run));
  return 0;
}

Result<int> run_store(World& world, const StoreOptions& options) {
  if (options.action == "gc") return gc(world, options);
  if (options.unused_for) return fail(input_error("--unused-for can only be used with `launch store gc`"));
  if (options.dry_run) return fail(input_error("--dry-run can only be used with `launch store gc`"));
  return options.action == "list" ? list(world) : verify(world);
}

}  // namespace

void register_store(App& app) {
  const auto options = std::make_shared<StoreOptions>();
  auto command = app.add("store", "List, verify or clean up the store of downloaded wheels");
  command.footer(kFooter);
  command.option("ACTION", &options->action, "What to do").required().one_of({"list", "verify", "gc"});
  command.option("--unused-for", &options->unused_for, "Days without use after which gc removes a file (30)")
      .value_name("DAYS");
  command.flag("--dry-run", options->dry_run, "Print what gc would remove, and remove nothing");
  command.runs([options](World& world) { return run_store(world, *options); });
}

}  // namespace launch::cli
