#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/answer.hpp"
#include "pysource/python_tree.hpp"
#include "pysource/requirement.hpp"

namespace launch::pysource {

/// The values that a test can have, as a set, because some of what it asks depends on the machine or on the
/// caller: for such an atom both are possible. `open` is a value of an atom about the checked packages that
/// could not be evaluated. Sets are combined as if atoms were independent.
class Truth {
 public:
  static constexpr Truth no() { return Truth(1); }
  static constexpr Truth open() { return Truth(2); }
  static constexpr Truth yes() { return Truth(4); }
  static constexpr Truth either() { return Truth(5); }  ///< yes or no, for reasons other than the packages
  static constexpr Truth of(bool value) { return value ? yes() : no(); }
  static Truth of(Verdict verdict);

  constexpr bool can_be_yes() const { return (bits_ & 4) != 0; }
  constexpr bool can_be_open() const { return (bits_ & 2) != 0; }
  constexpr bool can_be_no() const { return (bits_ & 1) != 0; }
  constexpr bool is_yes() const { return bits_ == 4; }
  constexpr bool is_no() const { return bits_ == 1; }
  constexpr bool is_known() const { return is_yes() || is_no(); }

  Truth operator!() const { return flipped(); }
  Truth flipped() const;
  friend Truth operator&(Truth a, Truth b);
  friend Truth operator|(Truth a, Truth b);
  /// The values of both.
  Truth joined(Truth other) const { return Truth(static_cast<std::uint8_t>(bits_ | other.bits_)); }
  friend constexpr bool operator==(Truth a, Truth b) { return a.bits_ == b.bits_; }

 private:
  explicit constexpr Truth(std::uint8_t bits) : bits_(bits) {}
  std::uint8_t bits_ = 5;
};

struct Expression;
/// An expression of the scanned code, evaluated later for a version (gate_evaluation.hpp). Never null where
/// it is used; parts are shared.
using Condition = std::shared_ptr<const Expression>;

struct Expression {
  enum class Kind : std::uint8_t {
    opaque,      ///< not understood; about the checked packages with `flag`, or if one of `parts` names one
    none,        ///< None
    boolean,     ///< `flag`
    number,      ///< `number`
    real,        ///< `text`
    text,        ///< `text`
    sequence,    ///< a tuple, list or set of `parts`
    mapping,     ///< a dict; `parts` are keys and values by turns
    name,        ///< the module-level name `text`, else a builtin
    parameter,   ///< of a function or comprehension: `text`
    external,    ///< `from MODULE import NAME`: `text`, `other`, `number` dots; NAME empty: the module itself
    object,      ///< what an import binds: `other` of the module `text`
    attribute,   ///< parts[0].text
    call,        ///< parts[0](parts[1], …); the last of them have the names `names`
    subscript,   ///< parts[0][parts[1]]
    slice,       ///< parts[0][parts[1]:parts[2]]; None for a bound that is not given
    negation,    ///< not parts[0]
    negative,    ///< -parts[0]
    all,         ///< parts[0] and parts[1] and …
    any,         ///< parts[0] or parts[1] or …
    comparison,  ///< parts[0] text parts[1]
    binary,      ///< parts[0] text parts[1], of arithmetic
    conditional,    ///< parts[1] if parts[0] else parts[2]
    comprehension,  ///< [parts[0] for text in parts[1] if parts[2]]
    function,  ///< parameters `names`; the last of parts[0] … have defaults; parts.back() is what it returns
    imports,   ///< true if `requirement` can be imported
    raises,    ///< raises an exception
    completes,  ///< true if parts[0] raises no exception
  };
  Kind kind = Kind::opaque;
  bool flag = false;
  std::int64_t number = 0;
  std::string text = {};
  std::string other = {};
  std::vector<std::string> names = {};
  std::vector<Condition> parts = {};
  Requirement requirement = {};
  std::uint32_t depth = 1;  ///< of the tree below
  TokenRange test = {};     ///< that state it, where known_tests.hpp compares them with other tests
};

/// Trees above this depth are opaque, so that nothing recurses too deeply.
constexpr std::uint32_t kMostDepthOfExpression = 120;

/// Makes a node; opaque if it would be too deep.
Condition make(Expression expression);
Condition make(Expression::Kind kind, std::vector<Condition> parts, std::string text = {});
Condition opaque(bool about_packages);
Condition constant(bool value);
Condition text_of(std::string value);
Condition negated(const Condition& condition);
/// A copy with the tokens that state it.
Condition said(const Condition& condition, TokenRange test);
/// All of them; true if there are none.
Condition conjunction(std::vector<Condition> parts);

/// A test that decides whether a use runs.
struct Gate {
  Condition test;
  bool runs_if = true;     ///< the value with which the use runs
  std::uint32_t line = 0;  ///< of the test; 0: the gate is whether a `try` succeeds
  bool around = true;      ///< the use stands in a branch of the test, not after a return or raise
};

}  // namespace launch::pysource
