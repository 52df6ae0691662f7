#include "pysource/target_counts.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pysource/string_values.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

/// `+=` and the like.
bool is_augmented(std::string_view op) {
  constexpr std::array<std::string_view, 5> kOthers = {"==", "!=", "<=", ">=", ":="};
  return op.size() > 1 && op.ends_with('=') && std::find(kOthers.begin(), kOthers.end(), op) == kOthers.end();
}

/// What changes an attribute whose name is a string: setattr(x, "y", …), x.__dict__["y"], patch.object(x,
/// "y").
bool takes_names(std::string_view word) {
  constexpr std::array<std::string_view, 6> kWords = {"setattr",     "delattr",  "__setattr__",
                                                      "__delattr__", "__dict__", "object"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

unsigned count_in(const std::map<std::string, unsigned, std::less<>>& counts, std::string_view name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

TargetCounts::TargetCounts(const SourceTree& tree) : tree_(tree) {
  block(tree.body(), Scope::module);
}

unsigned TargetCounts::of_member(std::string_view name) const {
  return count_in(members_, name);
}

unsigned TargetCounts::of_module(std::string_view name) const {
  return count_in(module_, name);
}

bool TargetCounts::binds(std::string_view name, TokenRange range) {
  if (!std::exchange(is_sorted_, true)) std::sort(places_.begin(), places_.end());
  const auto place =
      std::lower_bound(places_.begin(), places_.end(), std::pair(std::string(name), range.first));
  return place != places_.end() && place->first == name && place->second < range.last;
}

void TargetCounts::add(std::string_view name, Scope scope, std::uint32_t token) {
  places_.emplace_back(name, token);
  if (scope == Scope::klass) ++members_[std::string(name)];
  if (scope == Scope::module) ++module_[std::string(name)];
}

void TargetCounts::block(const std::vector<Statement>& statements, Scope scope) {
  for (const auto& statement : statements) {
    if (statement.kind == StatementKind::simple) {
      simple(statement.tokens, scope);
    } else {
      inside(statement.tokens, scope);
    }
    const bool function = statement.kind == StatementKind::function;
    const bool definition = function || statement.kind == StatementKind::klass;
    for (const auto& clause : statement.clauses) {
      inside(clause.head, scope);
      if (!definition) {
        head(clause, scope);
        block(clause.body, scope);
        continue;
      }
      if (!clause.head.empty()) add(tree_.text(clause.head.first), scope, clause.head.first);
      block(clause.body, function ? Scope::function : Scope::klass);
    }
  }
}

void TargetCounts::simple(TokenRange range, Scope scope) {
  if (range.empty()) return;
  const auto imports = imported_names(tree_, range);
  for (const auto& import : imports) {
    const auto& name = !import.alias.empty() ? import.alias : import.from ? import.name : import.module;
    add(std::string_view(name).substr(0, name.find('.')), scope, import.token);
  }
  if (!imports.empty()) return;
  inside(range, scope);
  if (tree_.is(range.first, "global")) return targets({range.first + 1, range.last}, Scope::module);
  if (tree_.is(range.first, "del")) return targets({range.first + 1, range.last}, scope);
  auto parts = split_range(tree_, range, "=");
  if (parts.size() > 1) {
    parts.pop_back();
    for (const auto part : parts) targets(split_range(tree_, part, ":").front(), scope);
    return;
  }
  if (const auto annotated = split_range(tree_, range, ":"); annotated.size() > 1)
    return targets(annotated.front(), scope);
  for (auto i = range.first; i < range.last; ++i) {
    if (tree_.token(i).kind == TokenKind::op && is_augmented(tree_.text(i)))
      return targets({range.first, i}, scope);
  }
}

void TargetCounts::head(const Clause& clause, Scope scope) {
  const auto range = clause.head;
  if (range.empty()) return;
  if (clause.keyword == "for") return targets(split_range(tree_, range, "in").front(), scope);
  if (clause.keyword == "case") return targets(split_range(tree_, range, "if").front(), scope);
  if (clause.keyword == "with" || clause.keyword == "except") targets_after_as(range, scope);
}

void TargetCounts::targets_after_as(TokenRange range, Scope scope) {
  for (auto i = range.first; i + 1 < range.last; ++i) {
    if (!tree_.is(i, "as")) continue;
    const auto first = i + 1;
    auto end = first;
    if (tree_.is(end, "(") || tree_.is(end, "[")) end = behind_bracket(tree_, end, range.last);
    while (end < range.last && !tree_.is(end, ",") && !tree_.is(end, ")")) ++end;
    targets({first, end}, scope);
  }
}

/// What any expression can bind: `name := …`, `for x.name in …`, `setattr(x, "name", …)`.
void TargetCounts::inside(TokenRange range, Scope scope) {
  for (auto i = range.first; i + 1 < range.last; ++i) {
    if (!tree_.is_name(i)) continue;
    if (tree_.is(i + 1, ":=")) add(tree_.text(i), scope, i);
    if (tree_.is(i, "for")) {
      auto end = i + 1;
      while (end < range.last && !tree_.is(end, "in")) ++end;
      targets({i + 1, end}, Scope::function);
    }
    if ((tree_.is(i + 1, "(") || tree_.is(i + 1, "[")) && takes_names(tree_.text(i)))
      strings(i + 1, range.last);
  }
}

void TargetCounts::strings(std::uint32_t open, std::uint32_t last) {
  const auto end = behind_bracket(tree_, open, last);
  for (auto i = open; i < end; ++i) {
    if (tree_.token(i).kind != TokenKind::string) continue;
    if (const auto text = plain_string(tree_.text(i))) add(*text, Scope::klass, i);
  }
}

/// `a, b.c, d.e[f]` binds a, and c and e as members.
void TargetCounts::targets(TokenRange range, Scope scope) {
  for (auto i = range.first; i < range.last; ++i) {
    const bool begins = i == range.first;
    if (!begins && (tree_.is(i, "(") || tree_.is(i, "["))) {
      const bool trails = tree_.is_name(i - 1) || tree_.is(i - 1, ")") || tree_.is(i - 1, "]");
      if (trails) i = behind_bracket(tree_, i, range.last) - 1;
      continue;
    }
    if (!tree_.is_name(i)) continue;
    const bool called = i + 1 < range.last && tree_.is(i + 1, "(");
    if (called) continue;
    add(tree_.text(i), !begins && tree_.is(i - 1, ".") ? Scope::klass : scope, i);
  }
}

}  // namespace launch::pysource
