#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pysource/call_sites.hpp"
#include "pysource/condition.hpp"
#include "pysource/python_tokens.hpp"
#include "pysource/requirement.hpp"
#include "pysource/symbol_table.hpp"

namespace launch::pysource {

/// How firmly a use needs its name, firmest first.
enum class Need : std::uint8_t {
  must,      ///< runs when the file is imported
  path,      ///< runs on some path only: in a function, in a branch, in an error handler
  optional,  ///< the code goes on without it
  type,      ///< read by type checkers only, or never run
};
std::string_view need_name(Need need);

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
  std::uint32_t column = 0;       ///< in bytes, the first is 1; line and column are the imported name's
  std::vector<Choice> choices;    ///< from the outside in; groups are numbered from 0 within the file
  Need need_if_run = Need::must;  ///< the need if all of `gates` let it run
  std::vector<Gate> gates = {};   ///< tests that can be about versions and features, from the outside in
  /// One of the branches of an `if` that bind the same name: if it is not known which of them runs, one that
  /// exists suffices.
  std::optional<Choice> branch = {};
  std::uint32_t unit = 0;  ///< the code that it stands in, in FileScan::calls
  ImportsBefore imports = {};
};

/// A class of a module that has no constructor of its own, and no metaclass or decorators: it is constructed
/// as its base class is.
struct DerivedClass {
  std::string name;
  /// Of the base class; with its dots if that is imported from elsewhere: "..layers".
  std::string module;
  std::string base;       ///< below the module
  bool optional = false;  ///< the base class may be a fallback for what could not be imported
};

struct FileScan {
  std::vector<ImportUse> uses;  ///< in the order of the source
  std::uint32_t groups = 0;
  std::uint32_t branches = 0;                          ///< groups of ImportUse::branch
  std::set<std::string, std::less<>> registered = {};  ///< namespaces that operators are registered in
  ModuleSymbols symbols = {};                          ///< what tests in this and other files can ask for
  CallSites calls = {};
  std::vector<DerivedClass> classes = {};
  /// Keywords in calls of classes, and of their constructors, that are imported from other modules than those
  /// of the packages. Modules as in DerivedClass; in the order of the source.
  std::vector<ImportUse> elsewhere = {};
  std::optional<SourceProblem> problem;  ///< the rest of the source was not read
};

/// The names that a source needs of the packages whose top-level modules are `roots` (empty: imports of any
/// package): those that it imports, and those that it reaches by attributes and keywords
/// (attribute_uses.hpp). Relative imports refer to the scanned tree and are skipped. A comment `# launch:
/// optional` on the line of the name or statement, or alone on the line above, makes a use optional.
FileScan scan_source(std::string source, const std::set<std::string, std::less<>>& roots);

}  // namespace launch::pysource
