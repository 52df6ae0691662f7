#include "commands/scan_paths.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pytorch/packages.hpp"

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

std::vector<probe::ScanPath> scan_paths_of(const project::Recipe& recipe, const project::Project& project) {
  std::vector<probe::ScanPath> paths;
  for (const auto& each : recipe.verify.scan) {
    const auto path = project.root() / each;
    paths.push_back({path, project.shown(path)});
  }
  return paths;
}

std::vector<std::string> libraries_in(const project::Lockfile& lock) {
  std::vector<std::string> names;
  for (const auto& name : pytorch::library_names()) {
    if (std::any_of(lock.packages.begin(), lock.packages.end(),
                    [&](const auto& each) { return each.name == name; })) {
      names.push_back(name);
    }
  }
  return names;
}

void warn_of_problems(const probe::TreeScan& scan, Reporter& reporter) {
  for (const auto& each : scan.problems) {
    reporter.warn(fmt::format("{}:{}: {}; the rest of the file was not read", each.file, each.problem.line,
                              each.problem.message));
  }
}

}  // namespace launch::commands
