#include "cli/scan_paths.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

namespace launch::cli {

Result<std::vector<probe::ScanPath>> paths_of_arguments(const World& world,
                                                        const std::vector<std::string>& arguments) {
  std::vector<probe::ScanPath> paths;
  for (const auto& argument : arguments) {
    paths.push_back({world.folder / argument, argument});
    TRY(probe::require_path(paths.back()));
  }
  return paths;
}

void warn_of_problems(const probe::TreeScan& scan) {
  for (const auto& each : scan.problems) {
    log_warning("{}:{}: {}; what follows was not read", printable(each.file), each.problem.line,
                each.problem.message);
  }
}

}  // namespace launch::cli
