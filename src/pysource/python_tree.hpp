#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/python_tokens.hpp"

namespace launch::pysource {

/// Tokens [first, last) of a list.
struct TokenRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool empty() const { return first >= last; }
};

enum class StatementKind : std::uint8_t {
  simple,   ///< one without a block, imports included
  branch,   ///< if … elif … else
  attempt,  ///< try … except … else … finally
  loop,     ///< for, while, with their else
  with,
  function,
  klass,
  match,  ///< its clauses are the cases
  other,  ///< a clause that stands alone, as in broken sources
};

struct Clause;

struct Statement {
  StatementKind kind = StatementKind::simple;
  TokenRange tokens;            ///< of a simple statement, and the head of a match
  std::vector<Clause> clauses;  ///< of all others
};

/// A keyword with its head and its block.
struct Clause {
  std::string_view
      keyword;      ///< "if", "elif", "else", "try", "except", "finally", "for", "while", "with", "def", …
  TokenRange head;  ///< between the keyword and ":"
  std::vector<Statement> body;
};

/// A parsed source. Owns its text, so that it can be passed around.
class SourceTree {
 public:
  explicit SourceTree(std::string source);
  SourceTree(const SourceTree&) = delete;
  SourceTree& operator=(const SourceTree&) = delete;

  const TokenList& list() const { return list_; }
  const std::vector<Statement>& body() const { return body_; }
  const Token& token(std::uint32_t index) const { return list_.tokens[index]; }
  std::string_view text(std::uint32_t index) const { return list_.text(list_.tokens[index]); }
  /// The line on which a token begins, from 1.
  std::uint32_t line(std::uint32_t index) const { return list_.line(list_.tokens[index]); }
  /// True for an operator or name of that spelling.
  bool is(std::uint32_t index, std::string_view spelling) const;
  bool is_name(std::uint32_t index) const { return token(index).kind == TokenKind::name; }

 private:
  std::string source_;
  TokenList list_;
  std::vector<Statement> body_;
};

/// From the head of a clause to the last token of its block.
TokenRange tokens_of(const Clause& clause);
/// From the head of a statement's first clause to the last token of its blocks.
TokenRange tokens_of(const Statement& statement);

/// One name of an import statement.
struct ImportedName {
  bool from = false;        ///< `from MODULE import NAME`, else `import MODULE`
  unsigned level = 0;       ///< dots before the module
  std::string module;       ///< "torch.nn"; empty in `from . import x`
  std::string name;         ///< "Module" or "*"; empty for `import MODULE`
  std::string alias;        ///< after "as"; empty without one
  std::uint32_t token = 0;  ///< where the name stands
};

/// The names of an import statement, in order; empty for other statements and invalid imports.
std::vector<ImportedName> imported_names(const SourceTree& tree, TokenRange statement);

/// The dotted name at the start of the range ("torch.nn.functional"), and where it ends.
std::string dotted_name(const SourceTree& tree, TokenRange range, std::uint32_t* end = nullptr);

/// The parts of a range separated by `separator` outside brackets (for ":" and ",", also outside the heads of
/// lambdas).
std::vector<TokenRange> split_range(const SourceTree& tree, TokenRange range, std::string_view separator);

/// The index after the bracket that closes the one at `open`; the end of the range if none does.
std::uint32_t behind_bracket(const SourceTree& tree, std::uint32_t open, std::uint32_t last);

/// The range without enclosing brackets "(…)".
TokenRange without_brackets(const SourceTree& tree, TokenRange range);

/// What is between the parentheses of the head of a `def` or `class`, after any type parameters; empty
/// without them.
TokenRange parenthesized(const SourceTree& tree, TokenRange head);

/// The tokens of the names of the parameters in the head of a `def`.
std::vector<std::uint32_t> parameter_names(const SourceTree& tree, TokenRange head);

/// The absolute module of `from ..x import y` in `pkg.sub` (PEP 328); nullopt if it goes above the top.
std::string absolute_module(std::string_view module, bool is_package, unsigned level,
                            std::string_view relative);

}  // namespace launch::pysource
