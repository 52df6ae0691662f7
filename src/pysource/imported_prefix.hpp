#pragma once

#include <set>
#include <string>

#include "pysource/requirement.hpp"

namespace launch::pysource {

/// The modules that code imports by name: each is an attribute of its package from then on, whatever else
/// imports it.
class ImportedPrefixes {
 public:
  void add(const Requirement& import);

  /// The same need below the longest module that the code imports: of "torch:utils.data.Dataset" with `import
  /// torch.utils.data`, "torch.utils.data:Dataset". Names that are imported as `from M import name` count,
  /// unless they begin with a capital letter; what is no module is then found as an attribute of M again.
  Requirement below(Requirement attribute) const;

 private:
  std::set<std::string, std::less<>> modules_;
};

}  // namespace launch::pysource
