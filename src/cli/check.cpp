#include "commands/check.hpp"

#include <memory>

#include <fmt/format.h>

#include "cli/app.hpp"
#include "cli/reports/check_formats.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(Check that wheels have the names that code imports. Nothing is run; the answer for each name is yes, no or
unknown, with the file and line of every no.)";

constexpr const char* kFooter =
    R"(RECIPE or LOCK is a name (demo means recipes/demo.toml and its lock) or a path. Without PATHs, the recipe's
[verify] scan is checked. Every platform of a lock is asked. A wheel is read from the store if it is there,
otherwise by range requests (about 2 MB of 800). An import may be missing if it is in try … except ImportError,
if it is for type checkers, or if it carries the comment `# launch: optional`. The exit code is 1 if something
that the code needs is missing.

Examples:
  launch check demo                           the locked torch against the recipe's own code
  launch check demo train.py lib/             … against other code
  launch check --torch 2.3.1 src/             any release, without a lock
  launch check --torch 2.5.0.dev20240617 --channel nightly --cuda cu121 --python 3.11 src/
  launch check demo --package torchvision     another locked package than the recipe's [torch] packages
)";

struct CheckOptions {
  std::vector<std::string> arguments;
  std::vector<std::string> packages;
  std::string torch;
  std::string channel;
  std::string cuda;
  std::string python;
  std::string format;
};

Result<void> check_usage(const CheckOptions& options, const World& world) {
  if (world.json && !options.format.empty() && options.format != "json") {
    return fail(input_error(fmt::format("--json cannot be combined with --format {}", options.format)));
  }
  if (options.torch.empty()) {
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
  if (!options.channel.empty() && options.channel != "index" && options.cuda.empty()) {
    return fail(input_error(fmt::format("--channel {} needs --cuda: the channel has an index for each build",
                                        options.channel))
                    .hint("add --cuda cu128 or --cuda cpu"));
  }
  return {};
}

Result<commands::CheckRequest> request_of(const CheckOptions& options) {
  commands::CheckRequest request;
  if (!options.torch.empty()) {
    probe::ReleaseQuery query;
    query.version = options.torch;
    if (!options.channel.empty()) query.channel = pytorch::channel_of(options.channel).value();
    if (!options.cuda.empty()) {
      TRY_ASSIGN(query.cuda, during(specs::Accelerator::parse(options.cuda), "reading --cuda"));
    }
    if (!options.python.empty()) {
      TRY_ASSIGN(query.python, during(specs::Interpreter::parse(options.python), "reading --python"));
    }
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
  TRY(check_usage(options, world));
  TRY_ASSIGN(const auto request, request_of(options));
  const auto report = commands::check(request, world.context);
  if (!report) return ended(world, report.error(), "the check did not finish");
  const auto format = world.json ? "json" : options.format.empty() ? "text" : options.format;
  world.output.line(check_report(format, *report));
  return report->fails() ? kNo : 0;
}

}  // namespace

void register_check(App& app) {
  const auto options = std::make_shared<CheckOptions>();
  auto command = app.add("check", kDescription);
  command.footer(kFooter);
  command.option("ARGUMENTS", &options->arguments, "Name or path of a recipe or lock, then files and folders")
      .value_name("");
  command.option("--package", &options->packages, "Check against this locked package (repeatable)")
      .value_name("NAME");
  command.option("--torch", &options->torch, "Check against this version of torch, without a lock")
      .value_name("VERSION");
  command.option("--channel", &options->channel, "Take that version from this channel (default: index)")
      .value_name("NAME")
      .one_of(pytorch::channel_names());
  command
      .option("--cuda", &options->cuda,
              "Take that channel's build for this accelerator, such as cu128 or cpu")
      .value_name("NAME");
  command
      .option("--python", &options->python,
              "Take the wheel for this Python (default: the newest with a wheel)")
      .value_name("3.N");
  command.option("--format", &options->format, "Print the answer in this format (default: text)")
      .value_name("NAME")
      .one_of(check_format_names());
  command.runs([options](World& world) { return run_check(world, *options); });
}

}  // namespace launch::cli
