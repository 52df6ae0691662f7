#include "probe/source_tree.hpp"

#include <algorithm>
#include <map>
#include <system_error>

#include "base/file.hpp"

namespace launch::probe {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostSource = std::uint64_t{64} << 20;

class TreeScanner {
 public:
  explicit TreeScanner(const std::set<std::string, std::less<>>& roots) : roots_(roots) {}

  Result<void> add(const ScanPath& path) {
    TRY_ASSIGN(const auto sources, find_sources(path, scan_.left_out));
    std::error_code ignored;
    if (fs::is_directory(path.path, ignored))
      scan_.own_names.insert(fs::weakly_canonical(path.path, ignored).filename().string());
    for (const auto& source : sources) TRY(file(source.path, source.shown));
    return {};
  }

  TreeScan finish() {
    for (auto& [requirement, name] : names_) {
      name.requirement = requirement;
      scan_.names.push_back(std::move(name));
    }
    return std::move(scan_);
  }

 private:
  Result<void> file(const fs::path& path, const std::string& shown) {
    std::error_code code;
    const auto real = fs::weakly_canonical(path, code);
    if (!seen_.insert(code ? path : real).second) return {};
    TRY_ASSIGN(const auto source, read_file(path, kMostSource));
    auto scan = pysource::scan_source(source, roots_);
    ++scan_.files;
    for (const auto& part : fs::path(shown).replace_extension()) scan_.own_names.insert(part.string());
    if (!scan.uses.empty()) scan_.places.emplace(shown, path);
    if (scan.problem) scan_.problems.push_back({shown, std::move(*scan.problem)});
    for (auto& use : scan.uses) {
      for (auto& choice : use.choices) choice.group += groups_;
      auto& name = names_[std::move(use.requirement)];
      name.need = std::min(name.need, use.need);
      name.uses.push_back({shown, use.line, use.column, use.need, std::move(use.choices)});
    }
    groups_ += scan.groups;
    return {};
  }

  const std::set<std::string, std::less<>>& roots_;
  std::map<pysource::Requirement, NeededName> names_;
  std::set<fs::path> seen_;
  std::uint32_t groups_ = 0;
  TreeScan scan_;
};

}  // namespace

Result<TreeScan> scan_tree(std::span<const ScanPath> paths, const std::set<std::string, std::less<>>& roots) {
  TreeScanner scanner(roots);
  for (const auto& path : paths) TRY(scanner.add(path));
  return scanner.finish();
}

}  // namespace launch::probe
