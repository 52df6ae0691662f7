#pragma once

#include <string>
#include <vector>

#include "cli/world.hpp"
#include "probe/source_tree.hpp"

namespace launch::cli {

/// Paths as they were given, relative to the folder the program works in. Errors (usage): one is not there.
Result<std::vector<probe::ScanPath>> paths_of_arguments(const World& world,
                                                        const std::vector<std::string>& arguments);

/// A warning for each file that could not be read to its end.
void warn_of_problems(const probe::TreeScan& scan);

}  // namespace launch::cli
