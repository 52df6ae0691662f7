#include "commands/scan.hpp"

#include <functional>
#include <set>

#include "commands/scan_paths.hpp"

namespace launch::commands {

Result<probe::TreeScan> scan(const ScanRequest& request, const Context& context) {
  const std::set<std::string, std::less<>> roots(request.modules.begin(), request.modules.end());
  TRY_ASSIGN(const auto paths, find_scan_paths(request.paths, request.exclude, context));
  TRY_ASSIGN(auto scan, probe::scan_tree(paths, roots));
  warn_of_problems(scan, context.reporter);
  return scan;
}

}  // namespace launch::commands
