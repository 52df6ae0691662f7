#include "probe/source_tree.hpp"

#include <algorithm>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"
#include "pysource/gate_evaluation.hpp"

namespace launch::probe {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostSource = std::uint64_t{64} << 20;

bool is_passed_over(const fs::path& folder) {
  const auto name = folder.filename().string();
  std::error_code ignored;
  return name.starts_with('.') || name == "__pycache__" || name == "node_modules" ||
         fs::exists(folder / "pyvenv.cfg", ignored);
}

/// The *.py files below a folder, sorted.
Result<std::vector<fs::path>> sources_below(const ScanPath& root) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::recursive_directory_iterator it(root.path, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) {
      if (is_passed_over(it->path())) it.disable_recursion_pending();
    } else if (it->path().extension() == ".py" && it->is_regular_file(ignored)) {
      files.push_back(it->path());
    }
  }
  if (code) return fail(environment_error(fmt::format("cannot list {}: {}", root.shown, code.message())));
  if (files.empty())
    return fail(input_error(fmt::format("no Python files (*.py) found below {}", root.shown)));
  std::sort(files.begin(), files.end());
  return files;
}

class TreeScanner {
 public:
  explicit TreeScanner(const std::set<std::string, std::less<>>& roots) : roots_(roots) {}

  Result<void> add(const ScanPath& path) {
    TRY(require_path(path));
    std::error_code code;
    if (!fs::is_directory(path.path, code)) return file(path.path, path.shown);
    TRY_ASSIGN(const auto sources, sources_below(path));
    for (const auto& source : sources) {
      const auto relative = source.lexically_relative(path.path);
      TRY(file(source, (fs::path(path.shown) / relative).lexically_normal().string()));
    }
    return {};
  }

  TreeScan finish() {
    const auto questions = keep_gates();
    for (auto& [requirement, name] : names_) {
      name.requirement = requirement;
      scan_.names.push_back(std::move(name));
    }
    for (const auto& question : questions) {
      if (!names_.contains(question)) scan_.questions.push_back(question);
    }
    scan_.symbols = std::make_shared<const pysource::SymbolTable>(std::move(symbols_));
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
    if (scan.problem) scan_.problems.push_back({shown, std::move(*scan.problem)});
    const auto number = add_symbols(code ? path : real, std::move(scan.symbols));
    for (auto& use : scan.uses) {
      for (auto& choice : use.choices) choice.group += groups_;
      if (use.branch) use.branch->group += groups_;
      auto& name = names_[std::move(use.requirement)];
      name.need = std::min(name.need, use.need);
      name.uses.push_back({shown, use.line, use.column, use.need, std::move(use.choices), use.need_if_run,
                           std::move(use.gates), use.branch, number});
    }
    groups_ += scan.groups;
    return {};
  }

  std::uint32_t add_symbols(const fs::path& path, pysource::ModuleSymbols symbols) {
    const bool is_package = path.filename() == "__init__.py";
    const auto module = is_package ? path.parent_path() : fs::path(path).replace_extension();
    return symbols_.add(module.string(), is_package, std::move(symbols));
  }

  /// Leaves the gates that are about the packages, and returns the names that they ask for: with nothing
  /// known of any version, only those can be open.
  std::set<pysource::Requirement> keep_gates() {
    std::set<pysource::Requirement> questions;
    const pysource::GateFacts nothing{.roots = roots_};
    pysource::GateEvaluator evaluator(symbols_, nothing, &questions);
    for (auto& [requirement, name] : names_) {
      for (auto& use : name.uses) {
        std::erase_if(use.gates, [&](const pysource::Gate& gate) {
          if (evaluator.passes(gate, use.source).can_be_open()) return false;
          if (gate.around && use.need_if_run == pysource::Need::must) use.need_if_run = pysource::Need::path;
          return true;
        });
      }
    }
    return questions;
  }

  const std::set<std::string, std::less<>>& roots_;
  std::map<pysource::Requirement, NeededName> names_;
  std::set<fs::path> seen_;
  std::uint32_t groups_ = 0;
  pysource::SymbolTable symbols_;
  TreeScan scan_;
};

}  // namespace

Result<void> require_path(const ScanPath& path) {
  std::error_code code;
  if (fs::exists(path.path, code)) return {};
  return fail(input_error(fmt::format("{}: no such file or folder", path.shown)));
}

Result<TreeScan> scan_tree(std::span<const ScanPath> paths, const std::set<std::string, std::less<>>& roots) {
  TreeScanner scanner(roots);
  for (const auto& path : paths) TRY(scanner.add(path));
  return scanner.finish();
}

}  // namespace launch::probe
