#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "pysource/definitions.hpp"

namespace launch::pysource {

/// Reads small functions into the expression that they return.
class FunctionReader {
 public:
  explicit FunctionReader(Definitions& definitions) : definitions_(definitions), tree_(definitions.tree_) {}
  /// Null if the function is too large, or has nothing to do with versions and features: it neither speaks of
  /// them nor tries to import or reach something of the packages.
  Condition read(const Statement& function) { return read(function, {}); }
  /// The same for a method of the class, which is called without the object; of a function if the name is
  /// empty.
  Condition read(const Statement& function, std::string_view klass);

 private:
  /// What is still to be run: blocks, from the innermost, each from a statement on.
  using Rest = std::vector<std::pair<const std::vector<Statement>*, std::size_t>>;
  Condition run(Rest rest);
  Condition run_simple(const Statement& statement, Rest rest);
  Condition run_branch(const Statement& statement, const Rest& rest, std::size_t clause);
  Condition run_attempt(const Statement& statement, const Rest& rest);
  /// What a statement that is not understood leads to, and all after it.
  Condition unread(TokenRange tokens) const;
  /// Runs a block and then the rest, and takes back what they defined.
  Condition run_aside(const std::vector<Statement>& block, const Rest& rest);
  /// True if an error of importing or reaching a checked package is handled in the block.
  bool tries(const std::vector<Statement>& block) const;
  bool is_root(std::string_view module) const;
  bool reaches(TokenRange tokens) const;
  bool calls_check(const std::vector<Statement>& body) const;
  bool forwards(const std::vector<Statement>& body) const;

  Definitions& definitions_;
  const SourceTree& tree_;
  int budget_ = 200;  ///< of statements: both ways of a branch run the rest
};

}  // namespace launch::pysource
