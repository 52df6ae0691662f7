#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace launch::pysource {

enum class ModuleKind : std::uint8_t {
  missing,
  package,    ///< a folder with __init__.py
  source,     ///< NAME.py
  extension,  ///< NAME.*.so, or a folder whose __init__ is one
  space,      ///< a namespace package: a folder without __init__ (PEP 420)
};

struct ModuleFile {
  ModuleKind kind = ModuleKind::missing;
  std::string file;  ///< "torch/nn/__init__.py"; the folder's path for a namespace package
};

/// "torch/nn" for the module torch.nn.
std::string module_path(std::string_view module);

/// Finds modules among the files of wheels as Python would if they were installed together. Many are held at
/// a time, so a path is kept once and all else refers to it.
class ModuleFiles {
 public:
  /// Paths below site-packages.
  explicit ModuleFiles(std::vector<std::string> installed_paths);
  ModuleFiles(const ModuleFiles&) = delete;
  ModuleFiles& operator=(const ModuleFiles&) = delete;
  ModuleFiles(ModuleFiles&&) = default;
  ModuleFiles& operator=(ModuleFiles&&) = default;
  ~ModuleFiles() = default;

  /// The paths, sorted, each once.
  const std::vector<std::string>& paths() const { return paths_; }
  /// Where a path is among them; nullopt if it is none of them.
  std::optional<std::size_t> place_of(std::string_view path) const;

  /// In the order of Python's own finder: package, extension, source, namespace.
  ModuleFile find(std::string_view module) const;
  /// The stub of a module: NAME.pyi or NAME/__init__.pyi next to it; empty if there is none.
  std::string find_stub(std::string_view module) const;
  bool has_folder(const std::string& path) const { return folders_.contains(path); }
  bool has(const std::string& path) const { return place_of(path).has_value(); }
  /// The release of Python 3 that extension modules are built for: 11 for cpython-311; nullopt if none says.
  std::optional<unsigned> python_minor() const { return python_minor_; }
  /// Names that can be imported without a dot.
  const std::set<std::string, std::less<>>& roots() const { return roots_; }

 private:
  /// What Python's own finder takes first is last.
  enum class Rank : std::uint8_t { space, source, extension, package, extension_package };
  struct Found {
    std::uint32_t path;  ///< its place; for a namespace package, of a path below it
    ModuleKind kind;
    Rank rank;
  };

  void add_folders(std::uint32_t place);
  void add_module(std::uint32_t place);
  /// Keeps the file for a module unless one of that rank or a higher one is known.
  void offer(std::string_view base, Found file);

  std::vector<std::string> paths_;
  std::unordered_map<std::string_view, Found> modules_;  ///< by module_path, which begins one of the paths
  std::unordered_set<std::string_view> folders_;         ///< the same
  std::set<std::string, std::less<>> roots_;
  std::optional<unsigned> python_minor_;
};

}  // namespace launch::pysource
