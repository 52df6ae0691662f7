#include "probe/source_tree.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <map>
#include <system_error>
#include <tuple>

#include "base/parallel.hpp"
#include "probe/derived_classes.hpp"
#include "probe/read_source.hpp"
#include "pysource/gate_evaluation.hpp"
#include "pysource/imported_prefix.hpp"
#include "pytorch/api_rules.hpp"

namespace launch::probe {
namespace {

namespace fs = std::filesystem;

/// Files that are scanned before the first of them is added: enough for all cores, few enough for the memory.
constexpr std::size_t kMostTogether = 256;

struct UnseenFile {
  SourceFile source;
  fs::path real;  ///< without links
};

Result<pysource::FileScan> scan_file(const fs::path& path, const std::set<std::string, std::less<>>& roots) {
  TRY_ASSIGN(auto source, read_source(path));
  return pysource::scan_source(std::move(source), roots);
}

class TreeScanner {
 public:
  explicit TreeScanner(const std::set<std::string, std::less<>>& roots) : roots_(roots), classes_(roots) {}

  Result<void> add(const ScanPath& path) {
    TRY_ASSIGN(auto found, find_sources(path, scan_.left_out));
    const auto all = unseen(std::move(found));
    for (std::span<const UnseenFile> files(all); !files.empty();) {
      const auto some = files.first(std::min(files.size(), kMostTogether));
      std::vector<Result<pysource::FileScan>> scans(some.size());
      side_by_side(some.size(), [&](std::size_t i) { scans[i] = scan_file(some[i].source.path, roots_); });
      for (std::size_t i = 0; i < some.size(); ++i) {
        TRY_ASSIGN(auto scan, std::move(scans[i]));
        file(some[i], std::move(scan));
      }
      files = files.subspan(some.size());
    }
    return {};
  }

  TreeScan finish() {
    auto linking = std::async(std::launch::async, [&] { calls_.finish(symbols_); });
    add_elsewhere();
    name_by_imports();
    std::set<pysource::Requirement> questions;
    const pysource::GateFacts nothing{.roots = roots_};
    pysource::GateEvaluator evaluator(symbols_, nothing, &questions);
    keep_gates(evaluator);
    linking.get();
    calls_.visit_ends([&](const auto& gate, std::uint32_t file) { (void)evaluator.passes(gate, file); });
    for (auto& [requirement, name] : names_) {
      if (is_registered_here(requirement)) continue;
      name.requirement = requirement;
      scan_.names.push_back(std::move(name));
    }
    for (const auto& question : questions) {
      if (!names_.contains(question)) scan_.questions.push_back(question);
    }
    scan_.calls = std::make_shared<const CallGraph>(std::move(calls_));
    scan_.symbols = std::make_shared<const pysource::SymbolTable>(std::move(symbols_));
    return std::move(scan_);
  }

 private:
  /// Those that no path has led to before.
  std::vector<UnseenFile> unseen(std::vector<SourceFile> files) {
    std::vector<UnseenFile> all;
    for (auto& file : files) {
      std::error_code code;
      auto real = fs::weakly_canonical(file.path, code);
      if (code) real = file.path;
      if (seen_.insert(real).second) all.push_back({std::move(file), std::move(real)});
    }
    return all;
  }

  /// The numbers that a file begins with.
  struct Origin {
    std::uint32_t file = 0;  ///< in the symbols
    std::uint32_t unit = 0;
    std::uint32_t groups = 0;
    std::uint32_t branches = 0;
  };

  /// Uses of classes of other files, in a file.
  struct Elsewhere {
    SourceFile source;
    Origin origin;
    std::vector<pysource::ImportUse> uses;
  };

  void file(const UnseenFile& file, pysource::FileScan scan) {
    const auto& [path, shown] = file.source;
    ++scan_.files;
    if (!scan.uses.empty()) scan_.places.emplace(shown, path);
    if (scan.problem) scan_.problems.push_back({shown, std::move(*scan.problem)});
    Origin origin{add_symbols(file.real, std::move(scan.symbols)), 0, groups_, branches_};
    classes_.add(origin.file, std::move(scan.classes), scan.calls.aliases);
    origin.unit = calls_.add(std::move(scan.calls), path.filename() == "__init__.py");
    for (auto& use : scan.uses) add_use(shown, origin, std::move(use));
    registered_.merge(scan.registered);
    groups_ += scan.groups;
    branches_ += scan.branches;
    if (!scan.elsewhere.empty()) elsewhere_.push_back({file.source, origin, std::move(scan.elsewhere)});
  }

  NeededName& add_use(const std::string& shown, const Origin& origin, pysource::ImportUse use) {
    auto& name = names_[std::move(use.requirement)];
    for (auto& choice : use.choices) choice.group += origin.groups;
    if (use.branch) use.branch->group += origin.branches;
    name.need = std::min(name.need, use.need);
    name.uses.push_back({shown, use.line, use.column, use.need, std::move(use.choices), use.need_if_run,
                         std::move(use.gates), use.branch, origin.file, origin.unit + use.unit, use.imports});
    return name;
  }

  /// Keywords of classes that are imported from other files, as far as those are constructed as the packages'
  /// are.
  void add_elsewhere() {
    constexpr std::string_view kConstructor = ".__init__";
    classes_.finish();
    std::set<NeededName*> changed;
    for (auto& [source, origin, uses] : elsewhere_) {
      for (auto& use : uses) {
        auto& [module, name, keyword, tier] = use.requirement;
        std::string_view klass = name;
        const bool own = klass.ends_with(kConstructor);
        if (own) klass.remove_suffix(kConstructor.size());
        auto base = classes_.base_of(symbols_, origin.file, module, klass);
        if (!base) continue;
        module = std::move(base->module);
        name = std::move(base->name);
        if (own) name += kConstructor;
        if (base->optional) use.need = std::max(use.need, pysource::Need::optional);
        if (base->optional) use.need_if_run = std::max(use.need_if_run, pysource::Need::optional);
        changed.insert(&add_use(source.shown, origin, std::move(use)));
        scan_.places.emplace(source.shown, source.path);
      }
    }
    for (auto* name : changed) sort_uses(*name);
    elsewhere_.clear();
  }

  static void sort_uses(NeededName& name) {
    std::stable_sort(name.uses.begin(), name.uses.end(), [](const Use& a, const Use& b) {
      return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
    });
  }

  /// Names that are reached by attributes are named below the modules that the code imports.
  void name_by_imports() {
    pysource::ImportedPrefixes imports;
    for (const auto& [requirement, name] : names_) {
      const bool runs = name.need != pysource::Need::type;
      if (requirement.tier == pysource::Tier::import && runs) imports.add(requirement);
    }
    std::map<pysource::Requirement, NeededName> names;
    for (auto& [requirement, name] : names_) {
      const auto [same, added] = names.try_emplace(imports.below(requirement), std::move(name));
      if (added) continue;
      auto& uses = same->second.uses;
      same->second.need = std::min(same->second.need, name.need);
      uses.insert(uses.end(), std::make_move_iterator(name.uses.begin()),
                  std::make_move_iterator(name.uses.end()));
      sort_uses(same->second);
    }
    names_ = std::move(names);
  }

  /// True for operators of a namespace that the scanned code registers operators in: "ops.torchao.quantize".
  bool is_registered_here(const pysource::Requirement& requirement) const {
    const auto& rules = pytorch::api_rules();
    auto full = requirement.module + "." + requirement.name;
    if (registered_.empty() || !full.starts_with(rules.operators_module + ".")) return false;
    full.erase(0, rules.operators_module.size() + 1);
    const auto space = full.substr(0, full.find('.'));
    return space != rules.operators_namespace && registered_.contains(space);
  }

  std::uint32_t add_symbols(const fs::path& path, pysource::ModuleSymbols symbols) {
    const bool is_package = path.filename() == "__init__.py";
    const auto module = is_package ? path.parent_path() : fs::path(path).replace_extension();
    return symbols_.add(module.string(), is_package, std::move(symbols));
  }

  /// Leaves the gates that are about the packages: with nothing known of any version, only those can be open.
  void keep_gates(pysource::GateEvaluator& evaluator) {
    for (auto& [requirement, name] : names_) {
      for (auto& use : name.uses) {
        std::erase_if(use.gates, [&](const pysource::Gate& gate) {
          if (evaluator.passes(gate, use.source).can_be_open()) return false;
          if (gate.around && use.need_if_run == pysource::Need::must) use.need_if_run = pysource::Need::path;
          return true;
        });
      }
    }
  }

  const std::set<std::string, std::less<>>& roots_;
  std::map<pysource::Requirement, NeededName> names_;
  std::set<fs::path> seen_;
  std::set<std::string, std::less<>> registered_;  ///< namespaces of operators
  std::uint32_t groups_ = 0;
  std::uint32_t branches_ = 0;
  pysource::SymbolTable symbols_;
  CallGraph calls_;
  DerivedClasses classes_;
  std::vector<Elsewhere> elsewhere_;
  TreeScan scan_;
};

}  // namespace

Result<TreeScan> scan_tree(std::span<const ScanPath> paths, const std::set<std::string, std::less<>>& roots) {
  TreeScanner scanner(roots);
  for (const auto& path : paths) TRY(scanner.add(path));
  return scanner.finish();
}

}  // namespace launch::probe
