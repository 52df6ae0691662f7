#pragma once

#include <string>
#include <vector>

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "commands/context.hpp"
#include "probe/source_tree.hpp"
#include "project/project.hpp"

namespace launch::commands {

/// Paths of a request, shown in messages as given, without what the patterns match
/// (IgnorePatterns::parse_at_any_depth). Errors (input): a path does not exist; an invalid pattern.
Result<std::vector<probe::ScanPath>> find_scan_paths(const std::vector<std::string>& paths,
                                                     const std::vector<std::string>& exclude,
                                                     const Context& context);

/// The recipe's [verify] scan, without [verify] exclude and these patterns; may be empty. Errors (input): an
/// invalid pattern.
Result<std::vector<probe::ScanPath>> scan_paths_of(const project::Recipe& recipe,
                                                   const project::Project& project,
                                                   const std::vector<std::string>& exclude = {});

/// PyTorch's own packages in a lock.
std::vector<std::string> libraries_in(const project::Lockfile& lock);

/// A warning for each file that could not be read completely, and for notebooks; a note for each environment.
void warn_of_problems(const probe::TreeScan& scan, Reporter& reporter);

}  // namespace launch::commands
