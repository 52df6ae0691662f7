#include "pysource/features.hpp"

#include <algorithm>
#include <array>

namespace launch::pysource {
namespace {

using Kind = Expression::Kind;

bool is_helper(std::string_view word) {
  constexpr std::array<std::string_view, 18> kWords = {
      "self",  "cls",        "is",  "not", "None",    "and",     "or",    "in",   "True",
      "False", "isinstance", "len", "get", "getattr", "hasattr", "tuple", "list", "str"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool compares(const SourceTree& tree, std::uint32_t token) {
  return tree.is(token, "==") || tree.is(token, "!=") || tree.is(token, ">=") || tree.is(token, ">") ||
         tree.is(token, "<") || tree.is(token, "<=");
}

/// The names in a test; literals that something is compared with, after "="; and "!" if it is negated.
std::vector<std::string> subjects_of(const SourceTree& tree, TokenRange test) {
  std::vector<std::string> subjects;
  bool negated = false;
  for (auto i = test.first; i < test.last; ++i) {
    const auto text = tree.text(i);
    const auto kind = tree.token(i).kind;
    const bool compared = i > test.first && compares(tree, i - 1);
    if (tree.is(i, "not") || tree.is(i, "!=")) negated = !negated;
    if (tree.is(i, "is") && i + 1 < test.last && (tree.is(i + 1, "None") || tree.is(i + 1, "not")))
      negated = !negated;  // "is not None" twice
    if (compared && (kind == TokenKind::number || kind == TokenKind::string)) {
      subjects.push_back("=" + std::string(text));
    } else if (kind == TokenKind::string && text.size() > 4) {
      subjects.emplace_back(text.substr(1, text.size() - 2));
    } else if (kind == TokenKind::name && !is_helper(text)) {
      subjects.emplace_back(text.substr(std::min(text.find_first_not_of('_'), text.size())));
    }
  }
  if (negated) subjects.emplace_back("!");
  return subjects;
}

bool is_literal(const std::string& subject) {
  return subject.front() == '=';
}

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// True if both ask for the same thing, as far as their words show.
bool same_feature(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (has(a, "!") != has(b, "!")) return false;
  bool shared = false;
  for (const auto& each : a) {
    if (each.empty() || each == "!") continue;
    if (is_literal(each) && !has(b, each) && std::any_of(b.begin(), b.end(), [](const std::string& other) {
          return !other.empty() && is_literal(other);
        })) {
      return false;
    }
    shared = shared || (!is_literal(each) && has(b, each));
  }
  return shared;
}

/// The condition where the feature is wanted; null if it is not about that feature.
Condition assume(const Condition& condition, const std::vector<std::string>& wanted) {
  if (condition->kind == Kind::opaque)
    return same_feature(condition->names, wanted) ? constant(true) : nullptr;
  if (condition->kind != Kind::all && condition->kind != Kind::any && condition->kind != Kind::negation)
    return nullptr;
  auto parts = condition->parts;
  bool changed = false;
  for (auto& part : parts) {
    auto assumed = assume(part, wanted);
    if (assumed == nullptr) continue;
    part = std::move(assumed);
    changed = true;
  }
  return changed ? make(condition->kind, std::move(parts)) : nullptr;
}

}  // namespace

Condition other_test(const SourceTree& tree, TokenRange test) {
  Expression expression{.kind = Kind::opaque};
  expression.names = subjects_of(tree, test);
  expression.test = test;
  return make(std::move(expression));
}

Gate linked_gate(const Gate& constructor, const SourceTree& tree, TokenRange test) {
  Gate gate{nullptr, false, constructor.line, false};
  if (constructor.runs_if) return gate;
  auto assumed = assume(constructor.test, subjects_of(tree, test));
  if (assumed != nullptr) gate.test = conjunction({std::move(assumed), opaque(true)});
  return gate;
}

}  // namespace launch::pysource
