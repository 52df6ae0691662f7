#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pysource/code_names.hpp"
#include "pysource/expression_reader.hpp"
#include "pysource/target_counts.hpp"
#include "pysource/word_table.hpp"

namespace launch::pysource {

/// Reads what statements define, as far as tests of versions and features can depend on it.
class Definitions {
 public:
  Definitions(const SourceTree& tree, const Roots& roots) : tree_(tree), roots_(roots), words_(tree, roots) {}

  CodeNames& names() { return names_; }
  WordTable& words() { return words_; }
  void bind(std::string_view name, Condition value);
  /// The name is bound to something unknown.
  void forget(std::string_view name);
  Condition read(TokenRange expression) { return ExpressionReader(tree_, names_, roots_).read(expression); }
  /// The same of another source, which is one expression.
  Condition read(const SourceTree& expression) {
    return ExpressionReader(expression, names_, roots_).read(expression.body().front().tokens);
  }
  /// The test if it can be about versions and features, or asks for something of the scanned tree, which may
  /// be; else null.
  Condition test(TokenRange range);
  /// Whether a call, which is a statement or what one assigns, of a helper that checks something completes;
  /// null for anything else.
  Condition check(TokenRange statement);
  /// True if the tokens may concern versions and features.
  bool matters(TokenRange range);

  /// True if they use or change something that is known, or mention versions: a quicker and weaker answer.
  bool concerns(TokenRange range);

  /// Binds what a simple statement defines: imports, assignments.
  void define(const Statement& statement);
  /// Binds a helper function that returns something that matters; other functions are forgotten.
  void define_function(const Statement& statement);
  /// Binds what matters of a class of the module: its flags, and methods that return something that matters.
  void define_class(const Statement& statement);
  /// Binds the parameters of a function that was entered, to anything.
  void hide_parameters(const Statement& statement);
  /// True if the block of a `try`, whose names are bound, raises nothing; null if nothing is known of that.
  Condition success(const std::vector<Statement>& block);

  /// How often the file binds names.
  TargetCounts& targets();

  /// The module's names in the end.
  std::unordered_map<std::string, Condition> take_module();
  std::vector<Condition> take_stars() { return std::move(stars_); }

 private:
  friend class FunctionReader;
  bool asks_tree(TokenRange range) const;
  bool asks_class(TokenRange range);
  bool is_of_unknown(std::uint32_t token, TokenRange range);
  bool is_member(std::uint32_t token, TokenRange range) const;
  void import(const ImportedName& name);
  void define_flag(const std::string& klass, TokenRange statement);
  void define_method(const std::string& klass, const Statement& statement,
                     const std::vector<TokenRange>& decorators);
  bool is_only_member(const std::string& klass, std::string_view name);
  void assign(TokenRange statement);
  bool is_literal(TokenRange range) const;
  TokenRange value_of(TokenRange statement) const;

  const SourceTree& tree_;
  const Roots& roots_;
  CodeNames names_;
  WordTable words_;
  std::vector<Condition> stars_;
  /// What imports of the module bring that is named like a class.
  std::map<std::string, Condition, std::less<>> classes_;
  std::optional<TargetCounts> targets_;  ///< once it is needed
};

/// The tokens of the names of a function's parameters, and the ranges of their defaults (empty without one).
struct Parameter {
  std::uint32_t token = 0;
  TokenRange standard;
};
/// nullopt for *args and **kwargs.
std::optional<std::vector<Parameter>> parameters_of(const SourceTree& tree, TokenRange head);

}  // namespace launch::pysource
