#include "commands/check.hpp"

#include <memory>

#include <fmt/format.h>

#include "cli/app.hpp"
#include "cli/option_values.hpp"
#include "cli/reports/check_formats.hpp"
#include "cli/version_options.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription = R"(Check that wheels have the names that code uses)";

constexpr const char* kFooter =
    R"(Nothing is run. The answer for each name is yes, no or unknown, with the file and line of every no. A recipe or
lock is given by name (demo means recipes/demo.toml and its lock) or by path. Without files or folders, the
recipe's [verify] scan is checked, except what its exclude matches.

With a lock, all of its platforms are checked, and every package whose modules the code imports. A module that no
locked wheel provides is missing, and so is a name whose own module needs one. Without a lock, only torch is
checked, and the names that were not checked are counted. A wheel is read from the store if it is there, otherwise
by range requests (about 2 MB of 800).

Names are imports, attributes (torch.nn.functional.relu) and keyword arguments of calls. Whether a function takes a
keyword is unknown if it has **kwargs or a decorator that may change its parameters.

An import may be missing if it is in try … except ImportError, if it is for type checkers, if a test of a version
or feature keeps it from running, or if it carries the comment `# launch: optional`; -v shows those too, and every
use. The exit code is 1 if something that the code needs is missing:
  --fail-on must      when a file is imported
  --fail-on path      … or in a function, a branch or an error handler (the default). A package that no wheel
                      provides is only a warning there
  --fail-on unknown   … or if it is unknown whether it is missing

If something is missing, the index is asked which versions have it, for at most 10 s, unless --no-history is given.
For CI, --format sarif prints a log for code scanning, and --format github annotations for GitHub Actions.

Examples:
  launch check demo                           the locked wheels against the recipe's own code
  launch check demo train.py lib/             … against other code
  launch check demo --package torchvision     … only this package
  launch check --torch 2.3.1 src/             any release, without a lock
  launch check --torch 2.5.0.dev20240617 --channel nightly --cuda cu121 --python 3.11 src/
  launch check --from 2.6.0 --torch 2.10.0 .  only what 2.6.0 has and 2.10.0 lacks
  launch check demo --write-baseline known.json, then launch check demo --baseline known.json
)";

struct CheckOptions {
  std::vector<std::string> arguments;
  std::vector<std::string> packages;
  std::vector<std::string> modules;
  std::vector<std::string> exclude;
  std::string torch;
  std::optional<std::string> from;
  std::string channel;
  std::string cuda;
  std::string python;
  std::string format;
  std::string fail_on;
  std::optional<std::string> baseline;
  std::optional<std::string> write_baseline;
  bool no_history = false;
};

struct FailOnName {
  const char* name;
  probe::FailOn value;
};
constexpr FailOnName kFailOn[] = {
    {"must", probe::FailOn::must}, {"path", probe::FailOn::path}, {"unknown", probe::FailOn::unknown}};

Result<void> check_usage(const CheckOptions& options) {
  if (options.baseline && options.write_baseline)
    return fail(
        input_error("--baseline cannot be combined with --write-baseline, which writes all failures"));
  if (options.torch.empty()) {
    if (options.from) return fail(input_error("--from can only be used with --torch VERSION"));
    for (const auto& [name, value] : {std::pair("--channel", &options.channel),
                                      {"--cuda", &options.cuda},
                                      {"--python", &options.python}}) {
      if (!value->empty())
        return fail(input_error(fmt::format("{} can only be used with --torch VERSION", name)));
    }
    return {};
  }
  if (!options.packages.empty()) {
    return fail(input_error("--package cannot be combined with --torch, which checks torch alone"));
  }
  return {};
}

Result<commands::CheckRequest> request_of(const CheckOptions& options) {
  commands::CheckRequest request;
  request.exclude = options.exclude;
  request.modules = options.modules;
  request.from = options.from;
  request.baseline = options.baseline;
  request.write_baseline = options.write_baseline;
  request.history = !options.no_history;
  for (const auto& [name, value] : kFailOn) {
    if (options.fail_on == name) request.fail_on = value;
  }
  if (!options.torch.empty()) {
    TRY_ASSIGN(auto query, release_query(options.channel, options.cuda, options.python));
    query.version = options.torch;
    request.wheels = std::move(query);
    request.paths = options.arguments;
    return request;
  }
  commands::LockedWheels locked{.name = {}, .packages = options.packages};
  if (!options.arguments.empty()) {
    locked.name = options.arguments.front();
    request.paths.assign(options.arguments.begin() + 1, options.arguments.end());
  }
  request.wheels = std::move(locked);
  return request;
}

Result<int> run_check(World& world, const CheckOptions& options) {
  TRY_ASSIGN(const auto format, format_of(world, options.format));
  TRY(check_usage(options));
  TRY_ASSIGN(const auto request, request_of(options));
  const auto report = commands::check(request, world.context);
  if (!report) return ended(world, report.error(), "the check did not finish");
  world.output.line(check_report(format, *report, {.all = world.verbose}));
  return report->fails() ? kNo : 0;
}

void register_wheels(Command& command, CheckOptions& options) {
  command.option("--package", &options.packages, "Check against this locked package only (repeatable)")
      .value_name("NAME")
      .one_value_each();
  command.option("--module", &options.modules, "Check names of this top-level module only (repeatable)")
      .value_name("NAME")
      .one_value_each();
  command.option("--torch", &options.torch, "Check against this version of torch, without a lock")
      .value_name("VERSION");
  command.option("--from", &options.from, "Fail only for names that this older version of torch has")
      .value_name("VERSION");
  command.option("--channel", &options.channel, "Take that version from this channel (default: index)")
      .value_name("NAME")
      .one_of(pytorch::channel_names());
  command
      .option("--cuda", &options.cuda, "Take that channel's build for this accelerator, such as cu128 or cpu")
      .value_name("NAME");
  command
      .option("--python", &options.python,
              "Take the wheel for this Python (default: the newest with a wheel)")
      .value_name("3.N");
}

}  // namespace

void register_check(App& app) {
  const auto options = std::make_shared<CheckOptions>();
  auto command = app.add("check", kDescription);
  command.footer(kFooter);
  command.option("ARGUMENTS", &options->arguments, "Name or path of a recipe or lock, then files and folders")
      .value_name("");
  register_wheels(command, *options);
  add_exclude_option(command, options->exclude);
  command
      .option("--fail-on", &options->fail_on,
              "Exit with 1 if a name needed this firmly is missing (default: path)")
      .value_name("NEED")
      .one_of({"must", "path", "unknown"});
  command.option("--baseline", &options->baseline, "Do not fail for what is listed in this file")
      .value_name("FILE");
  command
      .option("--write-baseline", &options->write_baseline, "List what fails in this file, and exit with 0")
      .value_name("FILE");
  command.flag("--no-history", options->no_history, "Do not look up which versions have a missing name");
  add_format_option(command, options->format, check_format_names());
  command.runs([options](World& world) { return run_check(world, *options); });
}

}  // namespace launch::cli
