#include "commands/diff.hpp"

#include <memory>

#include "cli/app.hpp"
#include "cli/option_values.hpp"
#include "cli/reports/diff_formats.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(Compare two locks: packages, CUDA, driver, base image, what is left to download, and the commits of torch)";

constexpr const char* kFooter =
    R"(OLD and NEW are names (demo means lockfiles/pylock.demo.toml), paths of any PEP 751 locks, or a lock in the
project's git repository: git:REV:LOCK, or git:REV for the lock of the other side. If torch differs, its commits
are read from its wheels: in the store or beside the lock, else by range requests (about 2 MB of 800). As with
diff(1), the exit code is 0 if both locks install the same, and 1 if they differ.

Examples:
  launch diff git:HEAD demo                     what `launch lock demo` has just changed
  launch diff git:v1.2:demo git:main:demo       between two revisions
  launch diff demo pylock.toml                  against the lock of another tool
  launch diff git:main demo --format markdown   a table for a pull request
)";

struct DiffOptions {
  std::string before;
  std::string after;
  std::string format;
  bool offline = false;
};

Result<int> run_diff(World& world, const DiffOptions& options) {
  TRY_ASSIGN(const auto format, format_of(world, options.format));
  const auto document = commands::diff(
      {.before = options.before, .after = options.after, .offline = options.offline}, world.context);
  if (!document) return ended(world, document.error(), "the locks were not compared");
  world.terminal.clear();
  world.output.line(diff_report(format, *document));
  return document->diff.same() ? 0 : kNo;
}

}  // namespace

void register_diff(App& app) {
  const auto options = std::make_shared<DiffOptions>();
  auto command = app.add("diff", kDescription);
  command.footer(kFooter);
  command.option("OLD", &options->before, "Name or path of a lock, or git:REV:LOCK")
      .required()
      .value_name("");
  command.option("NEW", &options->after, "The lock to compare with it").required().value_name("");
  add_format_option(command, options->format, diff_format_names());
  command.flag("--offline", options->offline, "Read torch's wheels only from this machine");
  command.runs([options](World& world) { return run_diff(world, *options); });
}

}  // namespace launch::cli
