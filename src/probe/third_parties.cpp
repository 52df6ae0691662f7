#include "probe/third_parties.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "pysource/module_imports.hpp"
#include "pysource/standard_library.hpp"

namespace launch::probe {
namespace {

constexpr std::size_t kMostModules = 200;
constexpr int kMostDepth = 4;

std::string root_of(std::string_view module) {
  return std::string(module.substr(0, module.find('.')));
}

/// What a module brings in when it is imported.
struct Node {
  std::string third_party;  ///< the first that nobody provides
  std::string where;        ///< "torch/utils/tensorboard/__init__.py:1"
  std::vector<std::string> next;
};

class Closure {
 public:
  Closure(WheelApi& api, const Provided& provided) : api_(api), provided_(provided) {}

  /// Reads what is reachable from these modules.
  Result<void> read(const std::set<std::string>& starts) {
    TRY(skip_what_roots_import(starts));
    std::vector<std::string> level;
    for (const auto& module : starts) add(module, level);
    for (int depth = 0; depth < kMostDepth && !level.empty(); ++depth) {
      TRY_ASSIGN(const auto read, api_.read_modules(level));
      std::vector<std::string> next;
      for (std::size_t i = 0; i < level.size(); ++i) {
        if (read[i] != nullptr) TRY(fill(nodes_[level[i]], level[i], *read[i], next));
      }
      level = std::move(next);
    }
    return {};
  }

  std::string problem_of(const std::string& module) const {
    std::set<std::string> seen;
    return problem_of(module, seen);
  }

 private:
  /// Modules that `import ROOT` brings anyway.
  Result<void> skip_what_roots_import(const std::set<std::string>& starts) {
    std::set<std::string> roots;
    for (const auto& module : starts) roots.insert(root_of(module));
    const std::vector<std::string> list(roots.begin(), roots.end());
    TRY_ASSIGN(const auto read, api_.read_modules(list));
    for (std::size_t i = 0; i < list.size(); ++i) {
      nodes_.emplace(list[i], Node{});
      if (read[i] == nullptr) continue;
      for (const auto& import : pysource::unconditional_imports(*read[i])) {
        nodes_.emplace(import.module, Node{});
        if (!import.name.empty()) nodes_.emplace(import.module + "." + import.name, Node{});
      }
    }
    return {};
  }

  void add(const std::string& module, std::vector<std::string>& level) {
    if (read_ >= kMostModules || !nodes_.emplace(module, Node{}).second) return;
    level.push_back(module);
    ++read_;
  }

  Result<void> fill(Node& node, const std::string& module, const pysource::ModuleNames& names,
                    std::vector<std::string>& level) {
    const auto folder = names.is_package ? module : module.substr(0, module.rfind('.'));
    const bool has_folder = folder.find('.') != std::string::npos;
    for (const auto& import : pysource::unconditional_imports(names)) {
      const auto root = root_of(import.module);
      if (api_.roots().contains(root)) {
        if (!has_folder) continue;
        for (const auto& next : {import.module, import.module + "." + import.name}) {
          if (next == module || !next.starts_with(folder + ".") || !api_.has_module(next)) continue;
          node.next.push_back(next);
          add(next, level);
        }
      } else if (node.third_party.empty() && !root.empty() && !pysource::is_standard_library(root)) {
        TRY_ASSIGN(const bool found, is_provided(root));
        if (found) continue;
        node.third_party = root;
        node.where = fmt::format("{}:{}", api_.file_of(module), import.line);
      }
    }
    return {};
  }

  Result<bool> is_provided(const std::string& root) {
    const auto known = known_.find(root);
    if (known != known_.end()) return known->second;
    TRY_ASSIGN(const bool found, provided_(root));
    known_.emplace(root, found);
    return found;
  }

  std::string problem_of(const std::string& module, std::set<std::string>& seen) const {
    const auto found = nodes_.find(module);
    if (found == nodes_.end() || !seen.insert(module).second) return {};
    const auto& node = found->second;
    if (!node.third_party.empty())
      return fmt::format("{} needs {}, which no locked wheel provides", node.where, node.third_party);
    for (const auto& next : node.next) {
      if (auto problem = problem_of(next, seen); !problem.empty()) return problem;
    }
    return {};
  }

  WheelApi& api_;
  const Provided& provided_;
  std::map<std::string, Node> nodes_;
  std::map<std::string, bool> known_;
  std::size_t read_ = 0;
};

/// The modules that are imported for a name: those it is in, and itself if it is one.
std::vector<std::string> modules_of(const pysource::Requirement& name, const WheelApi& api) {
  std::vector<std::string> modules;
  for (auto dot = name.module.find('.'); dot != std::string::npos; dot = name.module.find('.', dot + 1))
    modules.push_back(name.module.substr(0, dot));
  modules.push_back(name.module);
  auto child = name.module + "." + name.name;
  if (name.tier == pysource::Tier::import && !name.name.empty() && api.has_module(child))
    modules.push_back(std::move(child));
  return modules;
}

}  // namespace

Result<std::vector<std::string>> missing_needs(WheelApi& api, const std::vector<pysource::Requirement>& names,
                                               const Provided& provided) {
  std::set<std::string> starts;
  for (const auto& name : names) {
    for (auto& module : modules_of(name, api)) starts.insert(std::move(module));
  }
  Closure closure(api, provided);
  TRY(closure.read(starts));
  std::vector<std::string> problems;
  for (const auto& name : names) {
    std::string problem;
    for (const auto& module : modules_of(name, api)) {
      if (problem.empty()) problem = closure.problem_of(module);
    }
    problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace launch::probe
