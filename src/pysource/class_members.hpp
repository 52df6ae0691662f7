#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pysource/module_names.hpp"

namespace launch::pysource {

/// What a class statement shows of the class.
struct ClassBody {
  std::vector<TokenRange> bases;  ///< each an expression
  TokenRange metaclass = {};
  std::map<std::string, std::vector<Definition>, std::less<>> members;
  std::set<std::string, std::less<>> instance;  ///< attributes that only instances have, as methods set them
  std::vector<std::string> fields;              ///< names with an annotation, in order: fields of a dataclass
  std::set<std::string, std::less<>> class_variables;  ///< those of them that are none: ClassVar, KW_ONLY
  std::set<std::string, std::less<>> init_only;        ///< those of them that only __init__ takes: InitVar
  std::set<std::string, std::less<>> by_methods;       ///< what class methods set, when they are called
  bool computed = false;  ///< its body may bind further names: vars, locals, exec, setattr of a class method
  bool computed_instance = false;  ///< its methods may: setattr, __dict__
};

/// Members by the statements of the class's body, in blocks too; `self.x = …` in any of its methods, and
/// annotations without a value, are instances'; __slots__ give both the class and instances a name.
ClassBody read_class(const SourceTree& tree, const Clause& clause);

}  // namespace launch::pysource
