#include "commands/scan_paths.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pytorch/packages.hpp"

namespace launch::commands {

namespace {

/// Null without patterns.
Result<std::shared_ptr<const specs::IgnorePatterns>> exclusion(const std::vector<std::string>& patterns) {
  if (patterns.empty()) return nullptr;
  TRY_ASSIGN(auto parsed, specs::IgnorePatterns::parse_at_any_depth(patterns));
  return std::make_shared<const specs::IgnorePatterns>(std::move(parsed));
}

}  // namespace

Result<std::vector<probe::ScanPath>> find_scan_paths(const std::vector<std::string>& paths,
                                                     const std::vector<std::string>& exclude,
                                                     const Context& context) {
  TRY_ASSIGN(const auto patterns, during(exclusion(exclude), "reading --exclude"));
  std::vector<probe::ScanPath> found;
  for (const auto& path : paths) {
    found.push_back({context.folder / path, path, patterns});
    TRY(probe::require_path(found.back()));
  }
  return found;
}

Result<std::vector<probe::ScanPath>> scan_paths_of(const project::Recipe& recipe,
                                                   const project::Project& project,
                                                   const std::vector<std::string>& exclude) {
  auto all = recipe.verify.exclude;
  all.insert(all.end(), exclude.begin(), exclude.end());
  TRY_ASSIGN(const auto patterns, during(exclusion(all), "reading --exclude"));
  std::vector<probe::ScanPath> paths;
  for (const auto& each : recipe.verify.scan) {
    const auto path = project.root() / each;
    paths.push_back({path, project.shown(path), patterns});
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
  for (const auto& each : scan.left_out.notebooks) {
    reporter.warn(fmt::format("{}: {} not read, such as {}; convert {} with `jupyter nbconvert --to script`",
                              each.folder, count_of(each.count, "notebook"), each.first,
                              each.count == 1 ? "it" : "them"));
  }
  for (const auto& each : scan.left_out.environments)
    reporter.note(fmt::format("skipped {}, a Python environment (it has {})", each.folder, each.mark));
}

}  // namespace launch::commands
