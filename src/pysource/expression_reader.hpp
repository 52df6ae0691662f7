#pragma once

#include "pysource/code_names.hpp"
#include "pysource/gate_words.hpp"
#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// Reads expressions into conditions. Names get their values at this place; what is not understood is opaque.
class ExpressionReader {
 public:
  ExpressionReader(const SourceTree& tree, const CodeNames& names, const Roots& roots)
      : tree_(tree), names_(names), roots_(roots) {}

  Condition read(TokenRange range);
  /// The same of a test, or of one of its parts.
  Condition test(TokenRange range);
  /// The arguments of the call whose bracket opens at `open`, as parts[1…] and names of a call of `callee`.
  Condition call(const Condition& callee, std::uint32_t open, std::uint32_t close);

 private:
  Condition understood(TokenRange range);
  Condition opaque_range(TokenRange range) const;
  Condition conditional(TokenRange range, std::uint32_t condition);
  Condition joined(Expression::Kind kind, const std::vector<TokenRange>& parts);
  Condition comparison(TokenRange range);
  Condition sum(std::uint32_t& at, std::uint32_t last);
  Condition product(std::uint32_t& at, std::uint32_t last);
  Condition unary(std::uint32_t& at, std::uint32_t last);
  Condition trailers(Condition value, std::uint32_t& at, std::uint32_t last);
  Condition formatted(std::string_view string) const;
  Condition atom(std::uint32_t& at, std::uint32_t last);
  Condition member(std::uint32_t& at, std::uint32_t last) const;
  Condition bracketed(TokenRange inside, std::string_view open);
  Condition comprehension(TokenRange inside, std::uint32_t word);
  Condition subscript(TokenRange inside);
  Condition number(std::uint32_t token) const;
  /// The index of the keyword outside brackets; `last` if there is none.
  std::uint32_t find(TokenRange range, std::string_view word) const;

  const SourceTree& tree_;
  const CodeNames& names_;
  const Roots& roots_;
  std::vector<std::string> bound_;  ///< names of the comprehensions around
  int depth_ = 0;
};

}  // namespace launch::pysource
