#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pysource/answer.hpp"
#include "pysource/api_rules.hpp"
#include "pysource/bound_value.hpp"
#include "pysource/class_members.hpp"
#include "pysource/function_result.hpp"
#include "pysource/module_files.hpp"
#include "pysource/module_names.hpp"
#include "pysource/python_scanner.hpp"
#include "pysource/signatures.hpp"

namespace launch::pysource {

/// How a file should be read.
struct WantedFile {
  std::string module;
  bool is_package = false;
  bool is_stub = false;
  const ListFile* list = nullptr;  ///< the file lists names, and is no Python source
};

/// Everything read from the wheels so far.
struct ModuleLibrary {
  ModuleFiles files;
  std::function<std::string(std::string_view module)>
      label;  ///< of the wheel that holds the module: "torch 2.3.1"
  const ApiRules* rules = nullptr;
  /// True if a file may be read however large it is: its wheel is on this machine.
  std::function<bool(const std::string& file)> is_local = {};
  std::unordered_map<std::string, std::shared_ptr<const ModuleNames>> read = {};  ///< by file
  std::map<std::string, WantedFile> wanted = {};  ///< files that an answer would have needed
  std::unordered_map<const Clause*, ClassBody> bodies = {};
  std::unordered_map<const Clause*, FunctionResult> results = {};

  /// Modules that are imported along with others, as far as their files have been read.
  struct Imports {
    std::set<std::string, std::less<>> modules;
    std::vector<std::string> unread;
  };
  std::map<std::string, Imports> imports = {};  ///< by the package that the search stays in
};

/// Answers one question from what was read (see the rules in wheel_api.hpp). If a file is missing for that,
/// it is added to `wanted`, and the answer is meaningless until it has been read.
class NameResolver {
 public:
  explicit NameResolver(ModuleLibrary& library) : library_(library) {}
  Answer answer(const Requirement& requirement);

 private:
  /// Counts a step: true after too many of one question, or too deep. Code may lead to the same value on as
  /// many ways as there are combinations of its branches and bases.
  bool gives_up(int depth);
  /// The answer on the name as it is spelled.
  Answer spelled(const Requirement& requirement);

  /// Where a module is, following aliases in sys.modules.
  struct Located {
    enum class Kind : std::uint8_t { found, outside, missing, unknown };
    Kind kind = Kind::missing;
    std::string module;  ///< its name after aliases
    ModuleFile file;
    std::string reason;  ///< when it was not found
  };
  /// Python imports a submodule for `from M import n`, but not for `M.n`.
  enum class Reach : std::uint8_t { import, attribute };

  // Modules: name_resolver.cpp
  Located locate(const std::string& module, int depth);
  Located locate_child(const Located& parent, const std::string& name, int depth);
  /// The module that a dotted name in a module's code refers to; empty if unknown.
  std::string object_module(const ModuleNames& names, const std::string& dotted, int depth);
  /// The module that this one put in its own place in sys.modules; empty if none.
  std::string successor_of(const Located& place, const ModuleNames& names, int depth);
  /// The names of a file; null (and added to `wanted`) until it has been read.
  const ModuleNames* names_of(const std::string& file, WantedFile as);
  const ModuleNames* names_of(const Located& place);
  const ModuleNames* stub_of(const std::string& module);
  /// Null until it has been read; an empty list if no wheel has such a file.
  const NameList* list_of(const ListFile& list);

  // Names of a module: module_members.cpp
  Answer member(const std::string& module, const std::string& name, int depth, Reach reach = Reach::import);
  Answer member_of_source(const Located& place, const std::string& name, int depth, Reach reach);
  Answer member_of_extension(const Located& place, const std::string& name, int depth);
  Answer bound(const ModuleNames& names, const std::string& file, const std::string& name, int depth);
  Answer bound_by(const ModuleNames& names, const Binding& binding, const std::string& where,
                  const std::string& name, int depth);
  Answer star(const ModuleNames& names, const std::string& file, const std::string& name, int depth);
  Answer replaced(const ModuleNames& names, const std::string& file, const std::string& name,
                  const Answer& own, int depth);
  Answer of_settings(const ModuleNames& names, const std::string& file, const std::string& name, int depth);
  Answer submodule(const Located& child, const std::string& parent);
  std::string absent(const std::string& file, const ModuleNames& names, const std::string& name) const;

  // Names that are computed: computed_names.cpp
  Answer computed(const ModuleNames& names, const std::string& file, const std::string& name, int depth);
  Answer by_list(const ModuleNames& names, const ListedNames& list, const std::string& where,
                 const std::string& name, int depth);
  bool is_function(const std::string& module, const std::string& name, int depth);
  std::string described(const ModuleNames& names, const std::string& name);
  BoundValues values_of_listings(const ModuleNames& names, const std::string& file, const std::string& name,
                                 int depth);

  // Names that no source binds: compiled_names.cpp
  Answer not_in_stub(const std::string& owner, const std::string& name, const std::string& what);
  enum class Mention : std::uint8_t { no_library, not_read, none, end, whole };  ///< end: of longer strings
  Mention mention(const std::string& name);
  Answer mentioned(const std::string& name, const std::string& what);
  Answer compiled(const std::string& module, const std::string& name);
  Answer special(const std::string& module, const std::string& name);
  Answer in_instance_of(const std::string& module, const std::string& name, const std::string& attribute);
  Answer operators(const std::vector<std::string>& path, const std::string& name);

  // Modules that are imported along with others: imported_modules.cpp
  enum class Found : std::uint8_t { no, yes, not_yet };
  Found is_imported(const std::string& module, const std::string& parent);
  Found search(ModuleLibrary::Imports& imports, const std::string& within, const std::string& module);
  void add_import(ModuleLibrary::Imports& imports, const std::string& within, std::string_view module);

  // What names are bound to: bound_values.cpp
  BoundValues values_of(const std::string& module, const std::string& name, int depth);
  BoundValues values_in(const ModuleNames& names, const std::string& file, const std::string& name,
                        int depth);
  /// `current` is the binding that is being looked at, for earlier_values.
  BoundValues values_of_bindings(const ModuleNames& names, const std::string& file, const std::string& name,
                                 std::size_t& current, int depth);
  BoundValues earlier_values(const ModuleNames& names, const std::string& file, const std::string& name,
                             std::size_t& current, int depth);
  BoundValues values_of_stars(const ModuleNames& names, const std::string& file, const std::string& name,
                              int depth);
  BoundValues values_of_binding(const ModuleNames& names, const std::string& file, const std::string& name,
                                const Binding& binding, int depth);
  BoundValues value_of_definition(const ModuleNames& names, const std::string& file, const std::string& name,
                                  const Definition& definition, int depth);
  BoundValues evaluate(const ModuleNames& names, const std::string& file, TokenRange expression, int depth);
  BoundValues evaluate_name(const ModuleNames& names, const std::string& file, const std::string& dotted,
                            int depth);

  // What calls result in: call_results.cpp
  BoundValues evaluate_call(const ModuleNames& names, const std::string& file, const std::string& callee,
                            TokenRange arguments, int depth);
  BoundValues instances(BoundValues classes, bool exact, int depth, bool given = false);
  BoundValues results_of(const BoundValue& function, int depth, bool given);
  const FunctionResult& result_of(const BoundValue& function);

  // Attributes: attribute_answers.cpp
  Answer attribute(const Requirement& requirement, BoundValues* values);
  /// True for a module that is nowhere, below a compiled one, in which C++ may make it.
  bool is_in_extension(const Located& place, const std::string& module);
  BoundValues hiding(const std::string& module);
  Answer attribute_of_any(const BoundValues& values, const std::string& name);
  Answer attribute_of(const BoundValue& value, const std::string& name, int depth);
  Answer in_class(const BoundValue& value, const std::string& name, int depth);
  Answer in_bases(const BoundValue& value, const ClassBody& body, const std::string& name, int depth);
  Answer in_metaclass(const BoundValue& value, const ClassBody& body, const std::string& name, int depth);
  /// What a base of a class may be, other than the class itself, as in `class A(A)`.
  BoundValues values_of_base(const BoundValue& value, TokenRange base, int depth);
  BoundValues values_of_attribute(const BoundValue& value, const std::string& name, int depth);
  bool is_enumeration(const BoundValue& value, int depth);
  BoundValues values_in_class(const BoundValue& value, const std::string& name, int depth);
  const ClassBody& body_of(const BoundValue& value);
  bool is_transparent(const SourceTree& tree, TokenRange decorator) const;
  bool has_plain_decorators(const BoundValue& value) const;

  // Names that Python gives: special_names.cpp
  bool is_python_since(unsigned minor) const;
  Answer given_to_module(const std::string& name) const;
  Answer given_to_class(const BoundValue& value, const std::string& name, int depth);
  bool has_generic_base(const BoundValue& value);
  bool has_weak_references(const BoundValue& value, int depth);

  // Attributes of functions: function_attributes.cpp
  /// What a function is after it was decorated: itself, another one, another one that knows it (__wrapped__),
  /// itself or one that knows it, or what functools.lru_cache makes.
  enum class Decorated : std::uint8_t { same, another, wrapped, kept, cached, unknown };
  static Decorated after(Decorated first, Decorated second);
  static Decorated either(Decorated a, Decorated b);
  Decorated decorated(const BoundValue& function, int depth);
  Decorated decorated(const BoundValue& function, TokenRange decorator, int depth);
  Decorated decorated_by(const BoundValue& decorator, int depth);
  Decorated returned_for(const BoundValue& decorator, int depth);
  Decorated read_returned(const BoundValue& decorator, int depth);
  bool decorators_set(const BoundValue& function, const std::string& name, int depth);
  bool gives(const BoundValue& decorator, const std::string& name, int depth);
  Answer attribute_of_built_in(const BoundValue& function, const std::string& name);
  Answer attribute_of_function(const BoundValue& value, const std::string& name, int depth);

  // Keywords: keyword_answers.cpp
  Answer keyword(const Requirement& requirement);
  Answer keyword_of(const BoundValue& value, const std::string& keyword, int depth);
  Answer keyword_of_function(const BoundValue& value, const std::string& keyword);
  Answer keyword_of_operator(const BoundValue& value, const std::string& keyword);
  Answer keyword_of_overloads(const std::vector<std::string>& path, const std::string& keyword);
  Answer operator_takes(const std::string& name, const std::string& keyword);
  Answer keyword_of_class(const BoundValue& value, const std::string& keyword, int depth);
  Answer keyword_of_values(const BoundValues& values, const std::string& keyword, int depth);
  /// A field as a parameter of __init__, or as one that dataclasses.fields lists.
  enum class FieldUse : std::uint8_t { parameter, listed };
  Answer field_of_values(const BoundValues& values, const std::string& field, int depth);
  Answer field_of(const BoundValue& value, const std::string& field, FieldUse use, int depth);
  bool may_have_more_fields(const BoundValue& value);
  bool is_dataclass(const BoundValue& value, int depth);
  bool takes(const Signature& signature, const std::string& keyword, bool compiled) const;

  ModuleLibrary& library_;
  std::map<std::tuple<std::string, std::string, Reach>, Answer> seen_;
  int steps_ = 0;
  std::unordered_map<const Clause*, Decorated> returned_;  ///< what functions do to those they are given
  /// The attribute (a module and a name) that a loop's variable stands for while its body is evaluated.
  std::map<std::pair<const ModuleNames*, std::string>, std::pair<std::string, std::string>> loops_;
  /// Names whose values are being looked for, and which of their bindings.
  std::map<std::pair<const ModuleNames*, std::string>, std::size_t> busy_;
};

}  // namespace launch::pysource
