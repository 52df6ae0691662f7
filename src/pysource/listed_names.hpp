#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// Names of an object's attributes that code goes through.
struct ListedNames {
  std::string object = {};                ///< its dotted name
  std::vector<std::string> starts = {};   ///< how names begin that are left out
  std::vector<std::string> without = {};  ///< names that are left out
  bool functions = false;                 ///< only those of functions that are written in Python
  std::string attribute = {};             ///< the loop's variable for the attribute itself; empty without one

  /// Whether the list has the name if the object has it; not whether it is a function.
  bool keeps(std::string_view name) const;
  friend bool operator==(const ListedNames&, const ListedNames&) = default;
};

/// What is listed by dir(OBJECT), `[n for n in dir(OBJECT) if …]`, inspect.getmembers(OBJECT, PREDICATE),
/// whose names come first, itertools.chain of these, and calls of functions of the module that do no more
/// than return such a list of what they are given. nullopt for anything else, and where a condition is not
/// understood.
std::optional<std::vector<ListedNames>> listed_names(const SourceTree& tree, TokenRange expression);

}  // namespace launch::pysource
