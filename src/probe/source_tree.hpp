#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "probe/call_graph.hpp"
#include "probe/source_files.hpp"
#include "pysource/python_scanner.hpp"

namespace launch::probe {

/// A place in the code that needs a name.
struct Use {
  std::string file;  ///< as the scanned path was shown
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  pysource::Need need = pysource::Need::must;
  std::vector<pysource::Choice> choices;        ///< groups are numbered over the whole tree
  pysource::Need need_if_run = need;            ///< the need if all gates let it run
  std::vector<pysource::Gate> gates = {};       ///< tests of the packages' versions or features before it
  std::optional<pysource::Choice> branch = {};  ///< as in ImportUse
  std::uint32_t source = 0;                     ///< the file's number in the symbols
  std::uint32_t unit = 0;                       ///< the code that it stands in, in the calls
  pysource::ImportsBefore imports = {};
};

struct NeededName {
  pysource::Requirement requirement;
  pysource::Need need = pysource::Need::type;  ///< the firmest of its uses
  std::vector<Use> uses;                       ///< by file, then in the order of the source
};

/// A file that could not be read completely.
struct FileProblem {
  std::string file;
  pysource::SourceProblem problem;
};

struct TreeScan {
  std::vector<NeededName> names;                         ///< sorted
  std::vector<pysource::Requirement> questions;          ///< further names that gates ask for; sorted
  std::shared_ptr<const pysource::SymbolTable> symbols;  ///< what gates refer to; null: nothing
  std::shared_ptr<const CallGraph> calls;                ///< null: unknown
  std::size_t files = 0;
  std::vector<FileProblem> problems;
  LeftOut left_out;
  std::map<std::string, std::filesystem::path> places;  ///< of the files that have uses, as they are shown
};

/// Scans files and all *.py files below folders, as find_sources finds them. `roots` as for scan_source.
/// Errors: those of find_sources; (environment) a file that cannot be read.
Result<TreeScan> scan_tree(std::span<const ScanPath> paths, const std::set<std::string, std::less<>>& roots);

}  // namespace launch::probe
