#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "probe/source_tree.hpp"

namespace launch::commands {

struct ScanRequest {
  std::vector<std::string> paths;         ///< files and folders
  std::vector<std::string> modules;       ///< top-level modules whose names are looked for
  std::vector<std::string> exclude = {};  ///< patterns of what is not read below the paths
};

/// The names that code imports. Warns about files that could not be read completely. Errors: those of
/// scan_tree.
Result<probe::TreeScan> scan(const ScanRequest& request, const Context& context);

}  // namespace launch::commands
