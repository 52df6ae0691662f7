#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "probe/import_ends.hpp"
#include "probe/reached.hpp"
#include "pysource/call_sites.hpp"
#include "pysource/symbol_table.hpp"

namespace launch::probe {

/// Who may call whom in the scanned tree, by names alone, and which file imports which; an import of a module
/// imports its packages. What nothing in the tree refers to can be called from outside, and so can the
/// outermost packages.
class CallGraph {
 public:
  /// Adds a file's sites; files are numbered as in the symbols. Returns the number of its first unit.
  std::uint32_t add(pysource::CallSites calls, bool is_package);
  /// The gates of modules' imports and classes' constructions, with their file.
  template <class Visit>
  void visit_ends(Visit&& visit) const {
    for (const auto& unit : units_) {
      for (const auto& gate : unit.gates) visit(gate, unit.file);
    }
  }
  /// To be called after the last file.
  void finish(const pysource::SymbolTable& symbols);

 private:
  friend class CallSearch;
  void find_packages(const pysource::SymbolTable& symbols);
  void find_imports(const pysource::SymbolTable& symbols);
  /// True if the file is the package's, or of a module below it.
  bool is_within(std::uint32_t file, std::optional<std::uint32_t> package) const;
  struct Unit {
    pysource::CodeUnit::Kind kind;
    std::uint32_t name;   ///< its hash
    std::uint32_t owner;  ///< the class of a method, else the module
    std::uint32_t file;
    bool open;  ///< it can run without being referred to
    bool of_object;
    std::vector<pysource::Gate> gates;  ///< that its import or construction must pass
  };
  struct Site {
    std::uint32_t unit;
    std::uint32_t file;
    bool guarded;
    std::vector<pysource::Gate> gates;
    pysource::ImportsBefore imports;
  };
  std::vector<Unit> units_;
  std::vector<Site> sites_;
  std::vector<pysource::NameSite> names_;               ///< sorted by name
  std::vector<std::uint32_t> first_units_;              ///< of each file
  std::vector<bool> is_package_;                        ///< by file
  std::vector<std::optional<std::uint32_t>> packages_;  ///< by file: that of the package that it is in
  struct FileImports {
    std::vector<pysource::ModuleSite> modules;
  };
  std::vector<FileImports> imports_;
  std::vector<pysource::NameAlias> aliases_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> imported_;  ///< files and the names that they import
  std::set<std::uint32_t> stars_;                               ///< files that import a module's names
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> importers_;  ///< sites, by the file imported
  NeededImports needed_;
  struct PassedImport {
    std::vector<std::uint32_t> files;  ///< that it imports
    std::uint32_t before;              ///< the number of the one passed before, from 1; 0: none
  };
  std::vector<PassedImport> passed_;
  std::vector<std::uint32_t> first_passed_;  ///< of each file
};

/// Looks for ways to units of a graph, against the direction of calls. The answer is that for the best way; a
/// cycle is no way. What only calls itself, like what nothing calls, can be called from outside. The graph
/// outlives the search.
class CallSearch {
 public:
  /// What the gates of a site do: yes, unknown or no.
  using PassesGates = std::function<Reached(const std::vector<pysource::Gate>& gates, std::uint32_t file)>;

  CallSearch(const CallGraph& graph, PassesGates passes) : graph_(graph), passes_(std::move(passes)) {}
  /// How code comes to run that stands in a unit, behind imports of its file.
  Reached reached(std::uint32_t unit, pysource::ImportsBefore imports);

 private:
  using Unit = CallGraph::Unit;
  struct Answer {
    Reached reached = Reached::no;
    int looking = 0;  ///< how deep it is being looked for; 0: it is answered
  };
  static constexpr int kNoCycle = std::numeric_limits<int>::max();

  Reached unit(std::uint32_t number);
  Reached behind_imports(std::uint32_t unit, pysource::ImportsBefore imports);
  Reached passed(std::uint32_t file, std::uint32_t number);
  Reached ended(std::uint32_t unit);
  ImportEnds& ends();
  Reached outside(const Unit& unit);
  Reached look_for(const Unit& unit);
  Reached site(std::uint32_t number);
  Reached module(const Unit& unit);
  bool means(const pysource::NameSite& name, const Unit& unit) const;
  Reached referred(const Unit& unit);

  const CallGraph& graph_;
  PassesGates passes_;
  std::unordered_map<std::uint32_t, Answer> known_;
  std::optional<ImportEnds> ends_;                     ///< once they are needed
  std::unordered_map<std::uint32_t, Reached> passed_;  ///< by the place in the graph's, from 1
  int depth_ = 0;
  int steps_ = 0;
  int cycle_ = kNoCycle;  ///< how deep the outermost unit is that the last answers took for no way
};

}  // namespace launch::probe
