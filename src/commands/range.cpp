#include "commands/range.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
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

/// What source trees declare of a package.
class Declarations {
 public:
  Declarations(std::string package, Reporter& reporter) : package_(std::move(package)), reporter_(reporter) {}

  /// Adds what the nearest folder declares, from the code upwards, that declares the package; not above a
  /// repository's root. Warns of a file that cannot be read.
  void add(const probe::ScanPath& path) {
    std::error_code error;
    auto folder = fs::weakly_canonical(path.path, error);
    fs::path shown = path.shown;
    if (!fs::is_directory(folder, error)) {
      folder = folder.parent_path();
      shown = shown.parent_path();
    }
    while (true) {
      const auto [known, added] = found_in_.try_emplace(folder, false);
      if (added) known->second = read_all(folder, shown);
      if (known->second || fs::exists(folder / ".git", error) || folder == folder.parent_path()) return;
      folder = folder.parent_path();
      shown = shown / "..";
    }
  }

  const std::vector<project::FoundRequirement>& all() const { return all_; }

 private:
  Result<std::vector<project::FoundRequirement>> read(const fs::path& file, const std::string& shown) const {
    constexpr std::uint64_t kMost = std::uint64_t{16} << 20;
    TRY_ASSIGN(const auto text, read_file(file, kMost));
    return project::declared_in(text, shown, package_);
  }

  /// True if files of that folder declare the package.
  bool read_all(const fs::path& folder, const fs::path& shown) {
    bool any = false;
    for (const auto& name : project::declaring_files()) {
      std::error_code error;
      if (!fs::exists(folder / name, error) && !error) continue;
      auto found = read(folder / name, (shown / name).lexically_normal().string());
      if (!found) {
        reporter_.warn(fmt::format("{}; what that file declares is not compared", found.error().message()));
        continue;
      }
      for (auto& each : *found) all_.push_back(std::move(each));
      any = any || !found->empty();
    }
    return any;
  }

  std::string package_;
  Reporter& reporter_;
  std::map<fs::path, bool> found_in_;
  std::vector<project::FoundRequirement> all_;
};

}  // namespace

Result<probe::VersionRange> range(RangeRequest request, const Context& context) {
  auto& package = request.versions.of.package;
  package = package.empty() ? "torch" : specs::normalize_name(package);
  SplitArguments arguments;
  TRY_ASSIGN(arguments.paths, find_scan_paths(request.paths, request.exclude, context));
  Declarations declared(package, context.reporter);
  for (const auto& path : arguments.paths) declared.add(path);
  TRY_ASSIGN(const auto versions, OpenVersions::open(request.versions, context));
  TRY_ASSIGN(auto matrix, versions->ask(std::move(arguments)));
  context.reporter.status("comparing the versions");
  auto found = probe::range_of(std::move(matrix), request.needs, declared.all(), context.stop);
  TRY(require_no_stop(context));
  return found;
}

}  // namespace launch::commands
