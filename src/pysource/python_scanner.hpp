#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pysource/python_tokens.hpp"

namespace launch::pysource {

/// How firmly a use needs its name, firmest first.
enum class Need : std::uint8_t {
  must,      ///< runs when the file is imported
  path,      ///< runs on some path only: in a function, in a branch, in an error handler
  optional,  ///< the code goes on without it
  type,      ///< read by type checkers only, or never run
};
std::string_view need_name(Need need);

/// How code reaches a name.
enum class Tier : std::uint8_t {
  import,     ///< `import MODULE`, `from MODULE import NAME`: a submodule NAME counts, Python imports it
  attribute,  ///< `MODULE.NAME` in an expression, MODULE having been imported
  keyword,    ///< `MODULE.NAME(KEYWORD=…)`
};
std::string_view tier_name(Tier tier);

/// A name that code needs from a package.
struct Requirement {
  std::string module;  ///< what is imported: "torch", "torch.nn"
  std::string name;    ///< empty for `import MODULE`; "*" for `from MODULE import *`; of an attribute, the
                       ///< chain below the module: "nn.functional.relu"
  std::string keyword = {};  ///< the argument's name; only of tier keyword
  Tier tier = Tier::import;

  /// "torch.nn:Module", "torch.nn:", "torch:nn.functional.relu", "torch.nn:Linear(bias=)"
  std::string text() const;
  friend bool operator<(const Requirement& a, const Requirement& b) {
    return std::tie(a.module, a.name, a.tier, a.keyword) < std::tie(b.module, b.name, b.tier, b.keyword);
  }
};

/// The use is one of several alternatives (try … except ImportError), of which one suffices.
struct Choice {
  std::uint32_t group = 0;
  std::uint32_t alternative = 0;
  friend bool operator<(const Choice& a, const Choice& b) {
    return std::tie(a.group, a.alternative) < std::tie(b.group, b.alternative);
  }
};

struct ImportUse {
  Requirement requirement;
  Need need = Need::must;
  std::uint32_t line = 0;
  std::uint32_t column = 0;     ///< in bytes, the first is 1; line and column are the imported name's
  std::vector<Choice> choices;  ///< from the outside in; groups are numbered from 0 within the file
};

struct FileScan {
  std::vector<ImportUse> uses;  ///< in the order of the source
  std::uint32_t groups = 0;
  std::optional<SourceProblem> problem;  ///< the rest of the source was not read
};

/// The names that a source needs of the packages whose top-level modules are `roots` (empty: imports of any
/// package): those that it imports, and those that it reaches by attributes and keywords
/// (attribute_uses.hpp). Relative imports refer to the scanned tree and are skipped. A comment `# launch:
/// optional` on the line of the name or statement, or alone on the line above, makes a use optional.
FileScan scan_source(std::string source, const std::set<std::string, std::less<>>& roots);

}  // namespace launch::pysource
