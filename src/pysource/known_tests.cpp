#include "pysource/known_tests.hpp"

#include <algorithm>
#include <utility>

namespace launch::pysource {
namespace {

using Kind = Expression::Kind;

constexpr std::uint32_t kMostKnown = 32;
constexpr std::uint32_t kLongestTest = 48;
constexpr int kMostNested = 8;
// A condition that takes more stays as it is.
constexpr int kMostSteps = 200;

bool is_in(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), text) != all.end();
}

bool equal(const SourceTree& tree, TokenRange a, TokenRange b) {
  if (a.last - a.first != b.last - b.first) return false;
  for (auto i = a.first, k = b.first; i < a.last; ++i, ++k) {
    if (tree.text(i) != tree.text(k)) return false;
  }
  return true;
}

/// A comparison whose sign is in the middle: `mode != "x"`, `x is not None`.
struct Comparison {
  TokenRange left;
  TokenRange right;
  std::string_view sign;
  bool negative = false;
};

Comparison comparison_in(const SourceTree& tree, TokenRange test) {
  int signs = 0;
  for (auto i = test.first; i < test.last; ++i) {
    if (is_in(tree.text(i), {"==", "!=", "is", "in", "<", ">", "<=", ">="})) ++signs;
  }
  if (signs > 1) return {test, {}, {}, false};
  for (auto i = test.first; i < test.last; ++i) {
    const auto text = tree.text(i);
    if (text == "==" || text == "!=") return {{test.first, i}, {i + 1, test.last}, "==", text == "!="};
    if (text == "is" || text == "in") {
      const bool negative =
          text == "is" ? i + 1 < test.last && tree.is(i + 1, "not") : i > test.first && tree.is(i - 1, "not");
      const auto end = text == "in" && negative ? i - 1 : i;
      return {{test.first, end}, {text == "is" && negative ? i + 2 : i + 1, test.last}, text, negative};
    }
  }
  return {test, {}, {}, false};
}

/// True if the tokens of the part stand in the whole, in their order.
bool contains(const SourceTree& tree, TokenRange whole, TokenRange part) {
  const auto length = part.last - part.first;
  for (auto i = whole.first; i + length <= whole.last; ++i) {
    if (tree.text(i) == tree.text(part.first) && equal(tree, {i, i + length}, part)) return true;
  }
  return false;
}

bool is_none(const SourceTree& tree, TokenRange range) {
  return range.last - range.first == 1 && tree.is(range.first, "None");
}

/// True for one test, of which nothing is left once its result is known.
bool is_one_test(const Expression& condition) {
  const auto* test = &condition;
  while (test->kind == Kind::negation) test = test->parts.front().get();
  return !test->test.empty();
}

/// True if it asks whether a call completes, as `check_features(x)`: it may check something else.
bool has_check(const Expression& condition, int& steps) {
  if (condition.kind == Kind::completes) return true;
  return ++steps <= kMostSteps && std::any_of(condition.parts.begin(), condition.parts.end(),
                                              [&](const auto& part) { return has_check(*part, steps); });
}

}  // namespace

bool counts_if_decided(const Expression& condition) {
  return condition.kind == Kind::all && condition.flag;
}

void learn(KnownTests& known, TokenRange test, bool holds) {
  const auto count = known == nullptr ? 1 : known->count + 1;
  if (test.empty() || test.last - test.first > kLongestTest || count > kMostKnown) return;
  known = std::make_shared<const KnownTest>(KnownTest{test, holds, std::move(known), count});
}

/// True for the name of a helper, `is_new(…)` or `has_feature(…)`, which gives the same result each time.
bool is_steady_call(const SourceTree& tree, std::uint32_t name, TokenRange test) {
  if (name > test.first && tree.is(name - 1, ".")) return false;  // of an object, which may change
  auto text = tree.text(name);
  text.remove_prefix(std::min(text.find_first_not_of('_'), text.size()));
  return text.starts_with("is_") || text.starts_with("has_") || text.starts_with("supports_");
}

bool is_plain_test(const SourceTree& tree, TokenRange test) {
  constexpr std::uint32_t kLongest = 16;
  if (test.empty() || test.last - test.first > kLongest) return false;
  bool named = false;
  for (auto i = test.first; i < test.last; ++i) {
    const auto text = tree.text(i);
    const auto kind = tree.token(i).kind;
    if (kind == TokenKind::name) {
      if (is_in(text, {"and", "or", "if", "for", "lambda", "await", "yield"})) return false;
      named = named || !is_in(text, {"not", "is", "in", "None", "True", "False"});
    } else if (kind == TokenKind::op) {
      const bool opens = is_in(text, {"(", "[", "{"});
      const bool steady = text == "(" && i > test.first && is_steady_call(tree, i - 1, test);
      const bool trails =
          opens && !steady && i > test.first && tree.is_name(i - 1) && !is_in(tree.text(i - 1), {"in"});
      const bool plain = is_in(text, {".", ",", ")", "]", "}", "<", ">", "<=", ">=", "==", "!="});
      if (trails || !(opens || plain)) return false;
    }
  }
  return named && !tree.is(test.first, "not");
}

/// A quick answer: true if a test in the condition may be about a name of the newer known ones.
bool TestLinks::may_use_newer(const Expression& condition) {
  if (++steps_ > kMostSteps) return false;
  for (auto i = condition.test.first; i < condition.test.last; ++i) {
    if (!tree_.is_name(i) || tree_.is(i, "self")) continue;
    const auto name = tree_.text(i);
    for (const auto* each = known_.tests.get(); each != nullptr && each->count > known_.oldest;
         each = each->before.get()) {
      const auto [first, last] = each->test;
      for (auto k = first; k < last; ++k) {
        if (tree_.text(k) == name && !is_in(name, {"not", "is", "None", "in", "and", "or"})) return true;
      }
    }
  }
  const auto kind = condition.kind;
  return (kind == Kind::all || kind == Kind::any || kind == Kind::negation || kind == Kind::conditional) &&
         std::any_of(condition.parts.begin(), condition.parts.end(),
                     [&](const Condition& part) { return may_use_newer(*part); });
}

Condition TestLinks::assume(const Condition& condition, Known known) {
  known_ = std::move(known);
  uses_newer_ = false;
  steps_ = 0;
  if (is_one_test(*condition) || !may_use_newer(*condition)) return nullptr;
  steps_ = 0;
  auto result = assumed(condition);
  if (result == nullptr || !uses_newer_ || steps_ > kMostSteps) return nullptr;
  int steps = 0;
  if (!has_check(*result, steps)) return result;
  Expression decided{.kind = Kind::all, .flag = true};
  decided.parts = {std::move(result)};
  return make(std::move(decided));
}

Condition TestLinks::assumed(const Condition& condition) {
  if (++steps_ > kMostSteps) return nullptr;
  if (!condition->test.empty()) {
    if (const auto known = result(condition->test)) return constant(*known);
  }
  const auto kind = condition->kind;
  if (kind != Kind::all && kind != Kind::any && kind != Kind::negation && kind != Kind::conditional)
    return nullptr;
  auto parts = condition->parts;
  bool changed = false;
  for (auto& part : parts) {
    auto next = assumed(part);
    if (next == nullptr) continue;
    part = std::move(next);
    changed = true;
  }
  return changed ? make(kind, std::move(parts)) : nullptr;
}

/// What the known tests say of another; nullopt: nothing.
std::optional<bool> TestLinks::result(TokenRange test, int depth) {
  test = without_brackets(tree_, test);
  if (test.empty() || test.last - test.first > kLongestTest || depth > kMostNested) return std::nullopt;
  if (is_plain_test(tree_, test)) return result_of_plain(test);
  if (tree_.is(test.first, "not") && split_range(tree_, test, "or").size() == 1 &&
      split_range(tree_, test, "and").size() == 1) {
    const auto inner = result({test.first + 1, test.last}, depth + 1);
    return inner ? std::optional(!*inner) : std::nullopt;
  }
  for (const auto* word : {"or", "and"}) {
    const auto parts = split_range(tree_, test, word);
    if (parts.size() < 2) continue;
    const bool decides = std::string_view(word) == "or";  // this value of one part is that of all
    bool all = true;
    for (const auto part : parts) {
      const auto one = result(part, depth + 1);
      if (one == decides) return decides;
      all = all && one.has_value();
    }
    return all ? std::optional(!decides) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<bool> TestLinks::result_of_plain(TokenRange test) {
  const auto subject = comparison_in(tree_, test).left;
  for (const auto* each = known_.tests.get(); each != nullptr; each = each->before.get()) {
    if (!contains(tree_, each->test, subject)) continue;
    const bool itself = test.first >= each->test.first && test.last <= each->test.last;
    if (itself || test.first < known_.function.first) continue;
    const auto found = follows(test, each->test, each->holds, 0);
    if (!found) continue;
    uses_newer_ = uses_newer_ || each->count > known_.oldest;
    return found;
  }
  return std::nullopt;
}

/// What a known test says, by those of its parts that are known as well.
std::optional<bool> TestLinks::follows(TokenRange test, TokenRange known, bool holds, int depth) const {
  known = without_brackets(tree_, known);
  if (known.empty() || depth > kMostNested) return std::nullopt;
  for (const auto* word : {"or", "and"}) {
    const auto parts = split_range(tree_, known, word);
    if (parts.size() < 2) continue;
    if (holds == (std::string_view(word) == "or")) return std::nullopt;  // one of them, or not all
    for (const auto part : parts) {
      if (const auto found = follows(test, part, holds, depth + 1)) return found;
    }
    return std::nullopt;
  }
  if (tree_.is(known.first, "not")) return follows(test, {known.first + 1, known.last}, !holds, depth + 1);
  if (!is_plain_test(tree_, known)) return std::nullopt;
  const auto found = same(test, known, holds);
  return found && stays(test, known) ? found : std::nullopt;
}

std::optional<bool> TestLinks::same(TokenRange test, TokenRange known, bool holds) const {
  if (equal(tree_, test, known)) return holds;
  const auto asked = comparison_in(tree_, test);
  const auto given = comparison_in(tree_, known);
  if (!equal(tree_, asked.left, given.left)) return std::nullopt;
  if (asked.sign == given.sign && equal(tree_, asked.right, given.right))
    return holds != (asked.negative != given.negative);
  // What is true is not None, and what is None is not true.
  if (given.sign.empty() && holds && asked.sign == "is" && is_none(tree_, asked.right)) return asked.negative;
  if (asked.sign.empty() && given.sign == "is" && is_none(tree_, given.right) && holds != given.negative)
    return false;
  // `mode == "a"` says that `mode in ("a", "b")`.
  const bool equals =
      given.sign == "==" && holds != given.negative && given.right.last - given.right.first == 1;
  if (!equals || asked.sign != "in" || tree_.token(given.right.first).kind == TokenKind::name)
    return std::nullopt;
  for (auto i = asked.right.first; i < asked.right.last; ++i) {
    if (tree_.text(i) == tree_.text(given.right.first)) return !asked.negative;
  }
  return std::nullopt;
}

/// True if no name of the test is bound between the two, or after both in a loop.
bool TestLinks::stays(TokenRange test, TokenRange known) const {
  const TokenRange between{std::min(test.first, known.first),
                           std::max({test.last, known.last, known_.function.last})};
  for (auto i = test.first; i < test.last; ++i) {
    if (tree_.is_name(i) && binds_(tree_.text(i), between)) return false;
  }
  return true;
}

}  // namespace launch::pysource
