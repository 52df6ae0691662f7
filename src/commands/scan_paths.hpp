#pragma once

#include <string>
#include <vector>

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "commands/context.hpp"
#include "probe/source_tree.hpp"

namespace launch::commands {

/// Paths of a request, shown in messages as given. Errors (input): one does not exist.
Result<std::vector<probe::ScanPath>> find_scan_paths(const std::vector<std::string>& paths,
                                                     const Context& context);

/// A warning for each file that could not be read completely.
void warn_of_problems(const probe::TreeScan& scan, Reporter& reporter);

}  // namespace launch::commands
