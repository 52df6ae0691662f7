#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "pysource/condition.hpp"
#include "pysource/python_tree.hpp"

namespace launch::pysource {

// After `if fast and not NEW: raise`, what stands behind `if fast` runs only if NEW.

/// A test whose result is known at a place, and those known there before it.
struct KnownTest {
  TokenRange test;
  bool holds = true;
  std::shared_ptr<const KnownTest> before = {};
  std::uint32_t count = 1;
};
using KnownTests = std::shared_ptr<const KnownTest>;

/// How many tests are known.
inline std::uint32_t count_of(const KnownTests& known) {
  return known == nullptr ? 0 : known->count;
}

/// Adds a test; beyond a limit nothing is added.
void learn(KnownTests& known, TokenRange test, bool holds);

/// True for a test that gives the same result everywhere unless one of its names is rebound: it has only
/// names, attributes and literals, no subscripts, and no calls but those of helpers: `is_new()`, `has_x(y)`.
bool is_plain_test(const SourceTree& tree, TokenRange test);

/// True for what `TestLinks` makes of checks: where it cannot be evaluated it says nothing.
bool counts_if_decided(const Expression& condition);

/// Applies known tests to other ones.
class TestLinks {
 public:
  /// Whether the tokens bind a name, or store to an attribute of that name.
  using Binds = std::function<bool(std::string_view name, TokenRange range)>;
  TestLinks(const SourceTree& tree, Binds binds) : tree_(tree), binds_(std::move(binds)) {}

  struct Known {
    KnownTests tests;
    std::uint32_t oldest = 0;  ///< how many of the first ones are not enough by themselves
    /// From the start of the function to where its names may be bound before the tests are made again.
    TokenRange function = {};
  };
  /// The condition, with their results in place of the tests that are known; null if it has none of those.
  Condition assume(const Condition& condition, Known known);

 private:
  bool may_use_newer(const Expression& condition);
  std::optional<bool> result(TokenRange test, int depth = 0);
  std::optional<bool> result_of_plain(TokenRange test);
  std::optional<bool> follows(TokenRange test, TokenRange known, bool holds, int depth) const;
  std::optional<bool> same(TokenRange test, TokenRange known, bool holds) const;
  bool stays(TokenRange test, TokenRange known) const;
  Condition assumed(const Condition& condition);

  const SourceTree& tree_;
  Binds binds_;
  Known known_ = {};
  bool uses_newer_ = false;
  int steps_ = 0;
};

}  // namespace launch::pysource
