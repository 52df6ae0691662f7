#pragma once

#include <string>
#include <vector>

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "commands/context.hpp"
#include "probe/source_tree.hpp"
#include "project/project.hpp"

namespace launch::commands {

/// Paths of a request, shown in messages as given. Errors (input): one does not exist.
Result<std::vector<probe::ScanPath>> find_scan_paths(const std::vector<std::string>& paths,
                                                     const Context& context);

/// The recipe's [verify] scan; may be empty.
std::vector<probe::ScanPath> scan_paths_of(const project::Recipe& recipe, const project::Project& project);

/// PyTorch's own packages in a lock.
std::vector<std::string> libraries_in(const project::Lockfile& lock);

/// A warning for each file that could not be read completely.
void warn_of_problems(const probe::TreeScan& scan, Reporter& reporter);

}  // namespace launch::commands
