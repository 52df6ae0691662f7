#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// The tokens of the plain names that a target list binds: `a, (b, *c), d[0], e.f` binds a, b and c.
std::vector<std::uint32_t> target_names(const SourceTree& tree, TokenRange targets);

/// The name that an import binds, as a view of the source.
std::string_view bound_text(const SourceTree& tree, const ImportedName& name);

/// The parts of an assignment.
struct Assignment {
  std::vector<TokenRange> targets;  ///< empty: the statement is none
  TokenRange value;
  TokenRange annotation = {};   ///< of `name: type = value`
  bool annotated_only = false;  ///< `name: type` without a value
  bool augmented = false;       ///< `name += value`
};
Assignment assignment(const SourceTree& tree, TokenRange statement);

/// True for a line that begins with "@".
bool is_decorator(const SourceTree& tree, const Statement& statement);

/// Calls `work` with each statement of a block but decorators, and with the decorators right before it.
template <class Work>
void each_decorated(const SourceTree& tree, const std::vector<Statement>& block, const Work& work) {
  std::vector<TokenRange> decorators;
  for (const auto& statement : block) {
    if (is_decorator(tree, statement)) {
      decorators.push_back({statement.tokens.first + 1, statement.tokens.last});
    } else {
      work(statement, std::exchange(decorators, {}));
    }
  }
}

/// The tokens of the names after `as` in the head of a `with`.
std::vector<std::uint32_t> with_targets(const SourceTree& tree, TokenRange head);

}  // namespace launch::pysource
