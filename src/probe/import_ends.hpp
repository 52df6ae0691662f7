#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "probe/reached.hpp"

namespace launch::probe {

/// An import that a module needs to come to its end.
struct NeededImport {
  std::uint32_t order = 0;  ///< among the imports of the module, from 0
  std::uint32_t file = 0;   ///< that is imported
};
/// By file, each in their order.
using NeededImports = std::vector<std::vector<NeededImport>>;

/// Whether the imports of modules come to their end: not where one that they need does not.
class ImportEnds {
 public:
  /// `own` says by file whether anything else keeps its module from its end. `needed` outlives this.
  ImportEnds(const NeededImports& needed, std::vector<Reached> own);

  Reached of(std::uint32_t file) const { return ends_[file]; }
  /// Of what a file imports, as by `before`.
  Reached of_import(std::uint32_t imported, std::uint32_t by);
  /// Of what the file imports before an import. What imports the file itself may have begun already, and
  /// counts as ended.
  Reached before(std::uint32_t file, std::uint32_t order);

 private:
  void pass_on(std::uint32_t file, Reached own);
  bool needs(std::uint32_t file, std::uint32_t other);
  std::vector<bool> needed_by(std::uint32_t file) const;

  const NeededImports& needed_;
  std::vector<std::vector<std::uint32_t>> importers_;
  std::vector<Reached> ends_;
  bool all_end_ = true;
  std::map<std::uint32_t, std::vector<bool>> reach_;  ///< what a file needs, of those that do not end
};

}  // namespace launch::probe
