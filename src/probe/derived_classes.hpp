#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pysource/python_scanner.hpp"

namespace launch::probe {

/// Which classes of the scanned tree are constructed as a class of the packages is, over all its files.
class DerivedClasses {
 public:
  explicit DerivedClasses(const std::set<std::string, std::less<>>& roots) : roots_(roots) {}
  /// Adds a file's classes, and the names that its imports give to others; files are numbered as in the
  /// symbols.
  void add(std::uint32_t file, std::vector<pysource::DerivedClass> classes,
           const std::vector<pysource::NameAlias>& aliases);
  /// To be called after the last file.
  void finish();

  struct Base {
    std::string module;
    std::string name;
    bool optional = false;  ///< it may be a fallback
  };
  /// The class of the packages that a name in a file, as in FileScan::elsewhere, is constructed as; nullopt
  /// if it is none or that is unknown.
  std::optional<Base> base_of(const pysource::SymbolTable& symbols, std::uint32_t file,
                              std::string_view module, std::string_view name) const;

 private:
  struct Class {
    std::uint32_t file;
    pysource::DerivedClass klass;
    friend bool operator<(const Class& a, const Class& b) {
      return std::tie(a.file, a.klass.name) < std::tie(b.file, b.klass.name);
    }
  };
  std::optional<Base> found(const pysource::SymbolTable& symbols, std::uint32_t file, std::string_view module,
                            std::string_view name, int depth) const;
  const pysource::DerivedClass* find(std::uint32_t file, const std::string& name) const;

  const std::set<std::string, std::less<>>& roots_;
  std::vector<Class> classes_;                                 ///< sorted in the end
  std::vector<std::pair<std::uint32_t, std::uint32_t>> next_;  ///< hashes of a name, and of what may be so
  std::unordered_set<std::uint32_t> names_;                    ///< hashes of what may be such a class
};

}  // namespace launch::probe
