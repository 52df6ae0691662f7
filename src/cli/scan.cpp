#include "commands/scan.hpp"

#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/option_values.hpp"
#include "cli/reports/fallbacks.hpp"
#include "cli/reports/scan.hpp"
#include "commands/fallbacks.hpp"
#include "pytorch/packages.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(List the names of torch that code uses, where, and how firmly it needs them)";

constexpr const char* kFooter =
    R"(How firmly a name is needed:
  must        when the file is imported
  path        in a function, a branch or an error handler
  optional    the code works without it: try … except ImportError, a test of the version, or the comment
              `# launch: optional`
  type        for type checkers only

--fallbacks OLD..NEW prints a patch for `git apply` instead of the list: each import that one of the two releases
of torch lacks, but that the other has in a different module, becomes

  try:
      from NEWER import NAME
  except ImportError:
      from OLDER import NAME

Imports without such a fallback are listed, and the exit code is then 1. Only names are compared, not what they do.

Examples:
  launch scan src/
  launch scan src/ --module torch --module torchao
  launch scan --json train.py
  launch scan --fallbacks 2.4.0..2.10.0 src/ | git apply
)";

struct ScanOptions {
  std::vector<std::string> paths;
  std::vector<std::string> modules = {};
  std::vector<std::string> exclude = {};
  std::string fallbacks = {};
};

Result<int> run_fallbacks(World& world, const ScanOptions& options) {
  const auto dots = options.fallbacks.find("..");
  commands::FallbackRequest request{options.paths, options.exclude, {}, {}};
  request.from = options.fallbacks.substr(0, dots);
  if (dots != std::string::npos) request.to = options.fallbacks.substr(dots + 2);
  if (request.from.empty() || request.to.empty()) {
    return fail(
        input_error(fmt::format("--fallbacks expects two versions of torch, such as 2.4.0..2.10.0, found {}",
                                in_quotes(options.fallbacks))));
  }
  if (!options.modules.empty())
    return fail(input_error("--module cannot be combined with --fallbacks, which checks torch only"));
  const auto document = commands::fallbacks(request, world.context);
  if (!document) return ended(world, document.error(), "no patch was written");
  if (world.json) {
    world.output.line(fallbacks_json(*document));
  } else {
    world.output.write(document->patch);
    for (const auto& line : fallbacks_text(*document)) world.context.reporter.note(line);
  }
  return document->complete() ? kYes : kNo;
}

Result<int> run_scan(World& world, const ScanOptions& options) {
  if (!options.fallbacks.empty()) return run_fallbacks(world, options);
  const auto modules = options.modules.empty() ? pytorch::library_names() : options.modules;
  TRY_ASSIGN(const auto scan, commands::scan({options.paths, modules, options.exclude}, world.context));
  world.output.line(world.json ? scan_json(scan) : scan_text(scan));
  return 0;
}

}  // namespace

void register_scan(App& app) {
  const auto options = std::make_shared<ScanOptions>();
  auto command = app.add("scan", kDescription);
  command.footer(kFooter);
  command.option("PATHS", &options->paths, "Files and folders to read").required().value_name("");
  command
      .option("--module", &options->modules,
              "Look for this top-level module (repeatable; default: torch, torchvision, torchaudio)")
      .value_name("NAME")
      .one_value_each();
  add_exclude_option(command, options->exclude);
  command
      .option("--fallbacks", &options->fallbacks,
              "Print a patch with imports that work with both of these releases of torch")
      .value_name("OLD..NEW");
  command.runs([options](World& world) { return run_scan(world, *options); });
}

}  // namespace launch::cli
