#include "commands/scan.hpp"

#include <memory>

#include "cli/app.hpp"
#include "cli/reports/scan.hpp"
#include "pytorch/packages.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(List the names of torch that code imports, where, and how firmly it needs them)";

constexpr const char* kFooter =
    R"(How firmly a name is needed:
  must        when the file is imported
  path        in a function, a branch or an error handler
  optional    the code goes on without it: try … except ImportError, a test of the version, or the comment
              `# launch: optional`
  type        for type checkers only

Examples:
  launch scan src/
  launch scan src/ --module torch --module torchao
  launch scan --json train.py
)";

struct ScanOptions {
  std::vector<std::string> paths;
  std::vector<std::string> modules = pytorch::library_names();
};

Result<int> run_scan(World& world, const ScanOptions& options) {
  TRY_ASSIGN(const auto scan,
             commands::scan({.paths = options.paths, .modules = options.modules}, world.context));
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
      .value_name("NAME");
  command.runs([options](World& world) { return run_scan(world, *options); });
}

}  // namespace launch::cli
