#pragma once

#include <functional>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// A test in an expression: what follows it is evaluated only with this result.
struct PartTest {
  TokenRange test;
  bool holds = true;
};

/// The parts of an expression, of the value of a statement, or of the items in its brackets, with the tests
/// that decide whether they are evaluated: `A if TEST else B`, `TEST and A`, `TEST or A`.
class ConditionalParts {
 public:
  using Visit = std::function<void(TokenRange part, const std::vector<PartTest>& tests)>;
  /// Only parts that are wanted are looked at.
  ConditionalParts(const SourceTree& tree, std::function<bool(TokenRange)> wanted, Visit visit)
      : tree_(tree), wanted_(std::move(wanted)), visit_(std::move(visit)) {}
  /// Visits the parts; one that no test decides has no tests.
  void in(TokenRange range);

 private:
  bool conditional(TokenRange range);
  bool conditional_value(TokenRange range);
  std::uint32_t start_of_value(TokenRange range) const;

  const SourceTree& tree_;
  std::function<bool(TokenRange)> wanted_;
  Visit visit_;
  std::vector<PartTest> tests_;  ///< around what is visited
};

/// True if some test decides whether a part of the tokens is evaluated.
bool has_conditions(const SourceTree& tree, TokenRange range);

}  // namespace launch::pysource
