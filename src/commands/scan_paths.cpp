#include "commands/scan_paths.hpp"

#include <fmt/format.h>

namespace launch::commands {

Result<std::vector<probe::ScanPath>> find_scan_paths(const std::vector<std::string>& paths,
                                                     const Context& context) {
  std::vector<probe::ScanPath> found;
  for (const auto& path : paths) {
    found.push_back({context.folder / path, path});
    TRY(probe::require_path(found.back()));
  }
  return found;
}

void warn_of_problems(const probe::TreeScan& scan, Reporter& reporter) {
  for (const auto& each : scan.problems) {
    reporter.warn(fmt::format("{}:{}: {}; the rest of the file was not read", each.file, each.problem.line,
                              each.problem.message));
  }
}

}  // namespace launch::commands
