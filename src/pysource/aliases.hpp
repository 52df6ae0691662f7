#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// What a name stands for: `from torch.nn import functional as F` makes F {"torch.nn", "functional"}.
struct AliasTarget {
  std::string module;
  std::string chain;  ///< below the module; empty for the module itself
  /// Not of the packages, but perhaps of another file of the scanned tree. The module has its dots:
  /// "..layers".
  bool elsewhere = false;
  friend bool operator==(const AliasTarget& a, const AliasTarget& b) = default;
};

/// The bindings of a name in one scope.
struct AliasBindings {
  std::vector<AliasTarget> targets;  ///< different ones are alternatives
  bool fallback = false;             ///< bound to None or the like as well
  bool other = false;                ///< bound to something else: no alias
  bool outer = false;                ///< `global`, `nonlocal`
  bool replaced = false;             ///< bound to a target elsewhere, not only in a fallback
  /// Of a class of the module that is constructed as its base is: the base's dotted name.
  std::string base = {};
  /// True for a class that is nothing else.
  bool is_class() const { return !base.empty() && targets.empty() && !fallback && !other; }
};

/// Names of one module, function or class.
using AliasScope = std::unordered_map<std::string_view, AliasBindings>;

/// Finds the names that imports from some packages bind, in the whole file and by scope. Classes of other
/// files count as well, and the modules that they are in, if one is called with keywords or is a base class.
class Aliases {
 public:
  Aliases(const SourceTree& tree, const std::set<std::string, std::less<>>& roots);
  /// Those of another source in an expression, which is a part of that source.
  Aliases(const SourceTree& expression, const Aliases& around);

  /// False for the module of a target elsewhere.
  bool is_of_packages(std::string_view module) const;
  /// Tokens of names that some scope binds by an import from the packages, or to a class that is constructed
  /// as one of theirs; not those behind a dot. Also f-strings with such names in their fields.
  const std::vector<std::uint32_t>& tokens() const { return tokens_; }
  /// Those in the range.
  std::span<const std::uint32_t> tokens_in(TokenRange range) const;
  bool any_in(TokenRange range) const;

  /// The bindings of a block, not of the functions and classes in it. `function` has the parameters; null for
  /// other blocks.
  AliasScope scope_of(const std::vector<Statement>& block, const Clause* function) const;

 private:
  /// Whether a block is code of the module itself, or of a function or class.
  enum class Level : std::uint8_t { module, inner };
  /// Whether a block may be what is done instead of an import: `except`, `else`.
  enum class Path : std::uint8_t { main, fallback };

  void collect(const std::vector<Statement>& block, Level level);
  void remember_imports(TokenRange statement);
  void find_called();
  void find_tokens();
  bool is_derived(const Clause& klass);
  const std::vector<std::uint32_t>& constructors();
  bool names_any(std::string_view text) const;
  void bind_block(AliasScope& scope, const std::vector<Statement>& block, Path path) const;
  void bind_statement(AliasScope& scope, const Statement& statement, Path path) const;
  void bind_simple(AliasScope& scope, TokenRange range, Path path) const;
  void bind_imports(AliasScope& scope, TokenRange range, Path path) const;
  void bind_head(AliasScope& scope, const Statement& statement, const Clause& clause) const;
  void bind_other(AliasScope& scope, const std::vector<std::uint32_t>& names) const;
  /// `NAME = CHAIN` where the chain begins with an alias: "torch.ops.aten".
  bool is_chain(TokenRange value) const;

  const SourceTree& tree_;
  const std::set<std::string, std::less<>>& roots_;
  std::unordered_set<std::string_view> names_;
  std::unordered_set<std::string_view> elsewhere_;  ///< what only other imports bind
  std::unordered_set<const Clause*> derived_;       ///< classes that have a base in names_
  std::optional<std::vector<std::uint32_t>> constructors_;
  std::vector<std::uint32_t> tokens_;
};

}  // namespace launch::pysource
