#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/api_rules.hpp"
#include "pysource/python_tree.hpp"
#include "pysource/string_values.hpp"

namespace launch::pysource {

/// What a statement binds to a name.
struct Definition {
  enum class Kind : std::uint8_t { value, function, klass };
  Kind kind = Kind::value;
  const Clause* clause = nullptr;           ///< of a function or class
  std::vector<TokenRange> decorators = {};  ///< without the "@"
  TokenRange value = {};                    ///< of an assignment
  TokenRange annotation = {};
  std::uint32_t line = 0;
};

/// One way in which a module's code binds a top-level name.
struct Binding {
  enum class Kind : std::uint8_t {
    here,       ///< def, class, assignment
    module,     ///< `import MODULE [as name]`
    member,     ///< `from MODULE import NAME [as name]`
    uncertain,  ///< by a function, or deleted on some path
  };
  Kind kind = Kind::here;
  std::string module;
  std::string name;
  std::uint32_t line = 0;
  std::vector<std::uint32_t> branch;  ///< the branches of the code in which it stands
  Definition definition = {};         ///< of kind here
};

/// A module that is imported when this one is.
struct ExecutedImport {
  std::string module;
  std::string name;  ///< of `from MODULE import NAME`, which may be a submodule
};

/// `from MODULE import *`
struct StarImport {
  std::string module;
  std::uint32_t line = 0;
};

/// `sys.modules[KEY] = …`
struct Registration {
  std::string pattern;  ///< the key, parts that are computed as kAnyText
  std::string object;   ///< dotted name of what is registered; empty when it is something else
  std::string module;   ///< its name, where it is given as sys.modules["…"] or import_module("…")
  std::uint32_t line = 0;
  bool in_function = false;
};

/// Names from computed keys: `globals()[KEY] = …`, setattr on the module.
struct ComputedName {
  std::string pattern;                ///< empty for names that are listed
  std::optional<ListedNames> listed;  ///< of what another object has
  std::uint32_t line = 0;
  TokenRange value = {};  ///< what each is bound to; empty if that is not known
};

/// The module object is replaced by an instance of the module's own class.
struct Replacement {
  std::string class_name;    ///< empty when it is not a class of this module
  bool keeps_names = false;  ///< only `__class__` is replaced: the module's names stay
  std::uint32_t line = 0;
};

/// The names that a source file binds at the top level of its module (rules 1 to 9 of "which names does a
/// module have", for one file). Skips blocks for type checkers, and function bodies except for `global`.
struct ModuleNames {
  std::string module;
  bool is_package = false;
  bool is_stub = false;  ///< a .pyi: annotations bind, imports do so only as `x as x` (PEP 484)
  std::map<std::string, std::vector<Binding>, std::less<>> bindings;
  /// What only the module's own code sees: imports of a stub, names that are deleted later.
  std::map<std::string, Binding, std::less<>> inner;
  std::set<std::string, std::less<>> deleted;  ///< by delattr on the module, whatever a star import brings
  std::vector<StarImport> stars;
  std::vector<Registration> registrations;
  std::vector<ComputedName> computed;
  /// "Class.name" of `Class.name = …` and of setattr; "Class.*" where the name is computed.
  std::set<std::string, std::less<>> patched;
  std::vector<ExecutedImport> imports;  ///< not in functions
  std::optional<Replacement> replaced;
  std::vector<std::string> passed_to;  ///< dotted names of functions that are called with the module itself
  std::optional<std::vector<std::string>> all;  ///< `__all__`, when it can be read
  bool has_all = false;                         ///< `__all__` is bound
  bool changes_path = false;                    ///< `__path__` is bound: submodules may come from elsewhere
  const Clause* getattr = nullptr;              ///< module-level `def __getattr__` (PEP 562)
  std::map<std::string, std::vector<std::string>> collections;  ///< literal lists and keys by variable
  std::optional<SourceProblem> problem;
  std::shared_ptr<const SourceTree> tree;
  NameList listed;  ///< of a file that lists names, and is no source; the rest is empty then
};

/// `module` is the dotted name, used to resolve relative imports.
ModuleNames read_module(std::string source, std::string module, bool is_package, bool is_stub);

}  // namespace launch::pysource
