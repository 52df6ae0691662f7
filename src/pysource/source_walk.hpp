#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/attribute_uses.hpp"
#include "pysource/call_sites.hpp"
#include "pysource/definitions.hpp"
#include "pysource/known_tests.hpp"
#include "pysource/python_scanner.hpp"
#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// Walks over the statements of a file and collects what they import, with the conditions under which they
/// run.
class SourceWalk {
 public:
  SourceWalk(const SourceTree& tree, const Roots& roots);
  FileScan run();

 private:
  /// Branches that bind the same names.
  struct Branch {
    Choice choice;
    std::set<std::string> names;
  };
  /// The context of a statement.
  struct Place {
    bool type = false;
    bool on_path = false;
    bool on_other_path = false;  ///< also if all gates let it run
    bool guarded = false;        ///< an import that fails here is caught and the code goes on
    bool caught = false;         ///< the same for imports of what is called here
    bool handled = false;        ///< some error may be caught
    /// Only a missing module is caught: the innermost of `choices` and `guarded` are of that.
    bool modules_only = false;
    std::vector<Choice> choices = {};
    std::vector<Gate> gates = {};
    std::vector<Gate> function_gates = {};     ///< of functions here, by `pytestmark`
    std::vector<Gate> constructor_gates = {};  ///< of methods here, or of the method that this is in
    std::vector<Gate> base_gates = {};         ///< the same, by base classes; not of constructors
    KnownTests known = {};                     ///< of this function
    /// Of the function, or module, that this is in: its first gate, its start, and the end of its outermost
    /// loop around this.
    std::size_t own_gates = 0;
    TokenRange function = {};
    std::shared_ptr<const Branch> branch = {};
    std::uint32_t unit = 0;                          ///< in scan_.calls
    std::optional<std::uint32_t> klass = {};         ///< the same, of the class that methods here are of
    mutable std::optional<std::uint32_t> site = {};  ///< in scan_.calls, once something refers to it
    std::uint32_t passed = 0;                        ///< as in ImportsBefore
  };
  /// How a block is left.
  struct Flow {
    bool ends = false;                         ///< what follows it is not reached
    std::vector<Gate> gates = {};              ///< for what follows it
    KnownTests known = {};                     ///< the same
    std::vector<Gate> constructor_gates = {};  ///< of the constructors in the block of a class
  };
  struct Attempt {
    const Clause* handler = nullptr;  ///< null: none
    bool raises = false;              ///< it ends by raising
    Place tried;
    Place handled;
    Place other;
  };
  struct Decoration {
    bool may_register = false;    ///< so that it is called without its name
    bool without_object = false;  ///< it is called without an object of the class
  };
  /// A way through a branch or a `try`.
  struct Way {
    Condition test = {};  ///< null: of something else
    Flow flow = {};
    std::vector<CodeNames::Change> changes = {};
    std::uint32_t line = 0;
    TokenRange head = {};
    bool runs = true;
    bool is_else = false;
  };

  Flow block(const std::vector<Statement>& statements, const Place& place);
  Flow statement(const Statement& statement, const Place& place);
  Flow simple(const Statement& statement, Place& place);
  Flow leaving(const Statement& statement);
  Flow branch(const Statement& statement, const Place& place);
  Flow after_branch(std::vector<Way> ways);
  void merge_names(std::vector<Way>& ways);
  bool depends_on_machine(TokenRange test);
  std::shared_ptr<const Branch> branches_of_one_name(const Statement& statement);
  Flow attempt(const Statement& statement, const Place& place);
  Attempt plan(const Statement& statement, const Place& place);
  Flow after_attempt(const std::vector<Way>& ways, bool raises);
  Flow with(const Statement& statement, const Place& place);
  Flow repeated(const Statement& statement, const Place& place);
  Flow function(const Statement& statement, const Place& place);
  void klass(const Statement& statement, const Place& place);
  /// What keeps a constructor of a class from coming to its end.
  struct Construction {
    std::vector<Gate> gates = {};
    std::vector<Gate> elsewhere = {};  ///< of classes of other files
  };
  Construction construction_of_base(const Clause& clause, const std::vector<TokenRange>& decorators);
  void remember_import(ImportedName import);
  Condition imported_construction(std::string_view base);
  Construction construction_of(TokenRange base);
  bool constructs_base(const std::vector<Statement>& body, std::string_view base) const;
  void remember(TokenRange head, Construction construction);
  static bool is_constructor(std::string_view name);
  Flow define(const Statement& statement, Place& place);
  /// Applies the decorators before a function or class.
  Decoration decorate(Place& place);
  void mark(TokenRange value, std::vector<Gate>& gates);
  std::optional<Gate> written_mark(TokenRange mark);
  std::optional<Gate> chosen_mark(TokenRange decorator);

  static void add_gates(Place& place, const std::vector<Gate>& gates);
  /// What a test says of those that were made before.
  void learn(Place& place, TokenRange test, bool holds);
  void learn(Place& place, const Flow& flow);
  void link(Place& place, std::size_t first, std::size_t last, std::uint32_t oldest);
  std::uint32_t enter_unit(CodeUnit::Kind kind, TokenRange head, std::uint32_t owner, bool is_called);
  ImportsBefore imports_before(const Place& place) const;
  void pass_imports(std::size_t first, Place& place);
  std::uint32_t site_of(const Place& place);
  /// Records the names that stand in the tokens.
  void refer(TokenRange range, const Place& place);
  void refer_fields(std::uint32_t string, const Place& place);
  void refer_imports(const std::vector<ImportedName>& names, const Place& place);

  bool wanted(std::string_view module) const;
  bool brings(const std::vector<Statement>& block, bool anything) const;
  void imports(const Statement& statement, const Place& place);
  static Place place_of_import(const ImportedName& name, const Place& place);
  void attributes(TokenRange range, const Place& place);
  void attributes_of_one_part(TokenRange range, const Place& place);
  void add_test(Place& place, TokenRange test, bool runs_if);
  bool has_attributes(TokenRange range) const;
  ImportUse use_at(std::uint32_t token, Requirement requirement, const Place& place) const;
  std::uint32_t line_of(TokenRange range) const;

  const SourceTree& tree_;
  const Roots& roots_;
  Definitions definitions_;
  TestLinks links_;
  std::vector<TokenRange> decorators_;                              ///< that stand before the statement
  std::map<std::string, Construction, std::less<>> constructions_;  ///< of classes of the module
  std::map<std::string, ImportedName, std::less<>> imported_;       ///< what imports of the module bind
  std::set<std::uint32_t> marked_;
  std::set<std::uint32_t> marked_alone_;
  AttributeUses attributes_;
  std::uint32_t passed_ = 0;          ///< imports that have a number, ModuleSite::passed
  std::uint32_t statement_line_ = 0;  ///< of the statement whose uses are added
  FileScan scan_;
};

}  // namespace launch::pysource
