#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pysource/condition.hpp"

namespace launch::pysource {

/// What one file binds at module level, as far as tests can use it.
struct ModuleSymbols {
  std::unordered_map<std::string, Condition> names;
  /// The modules of `from MODULE import *`, as expressions of kind external, first to last.
  std::vector<Condition> stars;
};

/// The symbols of the scanned files. Files are numbered from 0 in the order in which they were added.
class SymbolTable {
 public:
  /// `path` is that of the file without ".py", and without "/__init__" for a package: "/src/pkg/utils".
  std::uint32_t add(std::string path, bool is_package, ModuleSymbols symbols);
  /// Null if the file binds no such name, or to something unknown.
  const Condition* find(std::uint32_t file, const std::string& name) const;
  const std::vector<Condition>& stars(std::uint32_t file) const { return files_[file].symbols.stars; }
  /// The file of `from ..module import x` (two dots) in `file`. An absolute module is looked for in the
  /// folders above, from the nearest, as if each that is no package could be in sys.path.
  std::optional<std::uint32_t> module(std::uint32_t file, std::int64_t dots, std::string_view module) const;
  std::size_t size() const { return files_.size(); }

 private:
  struct File {
    std::string path;
    bool is_package = false;
    ModuleSymbols symbols;
  };
  std::optional<std::uint32_t> at(const std::string& path) const;

  std::vector<File> files_;
  std::unordered_map<std::string, std::uint32_t> by_path_;
};

}  // namespace launch::pysource
