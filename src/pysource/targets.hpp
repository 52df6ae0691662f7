#pragma once

#include <cstdint>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// The tokens of the plain names that a target list binds: `a, (b, *c), d[0], e.f` binds a, b and c.
std::vector<std::uint32_t> target_names(const SourceTree& tree, TokenRange targets);

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

/// The tokens of the names after `as` in the head of a `with`.
std::vector<std::uint32_t> with_targets(const SourceTree& tree, TokenRange head);

}  // namespace launch::pysource
