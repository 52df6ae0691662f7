#include "commands/range.hpp"

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "commands/scan_paths.hpp"
#include "project/declared.hpp"
#include "specs/name.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

/// What the files of one folder declare.
std::vector<project::FoundRequirement> declared_at(const fs::path& folder, const fs::path& shown,
                                                   const std::string& package) {
  std::vector<project::FoundRequirement> all;
  for (const auto& name : project::declaring_files()) {
    const auto text = read_file(folder / name);
    if (!text) continue;
    const auto file = (shown / name).lexically_normal().string();
    for (auto& each : project::declared_in(*text, file, package)) all.push_back(std::move(each));
  }
  return all;
}

/// Of the nearest folder, from the code upwards, that declares the package; not above a repository's root.
std::vector<project::FoundRequirement> declared_above(const probe::ScanPath& path,
                                                      const std::string& package) {
  std::error_code error;
  auto folder = fs::weakly_canonical(path.path, error);
  fs::path shown = path.shown;
  if (!fs::is_directory(folder, error)) {
    folder = folder.parent_path();
    shown = shown.parent_path();
  }
  while (true) {
    auto found = declared_at(folder, shown, package);
    const bool ends = fs::exists(folder / ".git", error) || folder == folder.parent_path();
    if (!found.empty() || ends) return found;
    folder = folder.parent_path();
    shown = shown / "..";
  }
}

}  // namespace

Result<probe::VersionRange> range(RangeRequest request, const Context& context) {
  auto& package = request.versions.of.package;
  package = package.empty() ? "torch" : specs::normalize_name(package);
  SplitArguments arguments;
  TRY_ASSIGN(arguments.paths, find_scan_paths(request.paths, {}, context));
  std::vector<project::FoundRequirement> declared;
  std::set<std::string> places;
  for (const auto& path : arguments.paths) {
    for (auto& each : declared_above(path, package)) {
      if (places.insert(each.place).second) declared.push_back(std::move(each));
    }
  }
  TRY_ASSIGN(const auto versions, OpenVersions::open(request.versions, context));
  TRY_ASSIGN(auto matrix, versions->ask(std::move(arguments)));
  return probe::range_of(std::move(matrix), request.needs, declared);
}

}  // namespace launch::commands
