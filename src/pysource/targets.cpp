#include "pysource/targets.hpp"

#include <algorithm>
#include <array>

namespace launch::pysource {
namespace {

bool is_augmented(std::string_view op) {
  static constexpr std::array<std::string_view, 13> kOps = {
      "+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**="};
  return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

/// Tokens that end a plain name in a target list, so that the name is bound as a whole.
bool ends_target(const SourceTree& tree, std::uint32_t index, std::uint32_t last) {
  return index >= last || tree.is(index, ",") || tree.is(index, ")") || tree.is(index, "]");
}

}  // namespace

std::vector<std::uint32_t> target_names(const SourceTree& tree, TokenRange targets) {
  std::vector<std::uint32_t> names;
  bool begins = true;  // an element begins here
  for (auto i = targets.first; i < targets.last; ++i) {
    if (tree.is(i, ",") || tree.is(i, "*")) {
      begins = true;
    } else if ((tree.is(i, "(") || tree.is(i, "[")) && !begins) {
      i = behind_bracket(tree, i, targets.last) - 1;
    } else if (tree.is_name(i)) {
      if (begins && ends_target(tree, i + 1, targets.last)) names.push_back(i);
      begins = false;
    } else if (!tree.is(i, "(") && !tree.is(i, "[")) {
      begins = false;
    }
  }
  return names;
}

Assignment assignment(const SourceTree& tree, TokenRange statement) {
  Assignment result;
  if (statement.empty()) return result;
  auto parts = split_range(tree, statement, "=");
  if (parts.size() == 1) {
    const auto annotated = split_range(tree, statement, ":");
    if (annotated.size() > 1 && tree.is_name(statement.first)) {
      result.targets.push_back(annotated.front());
      result.annotation = {annotated[1].first, statement.last};
      result.annotated_only = true;
      return result;
    }
    const auto name_end = statement.first + 1;
    if (tree.is_name(statement.first) && name_end < statement.last &&
        tree.token(name_end).kind == TokenKind::op && is_augmented(tree.text(name_end))) {
      result.targets.push_back({statement.first, name_end});
      result.value = {name_end + 1, statement.last};
      result.augmented = true;
    }
    return result;
  }
  result.value = parts.back();
  parts.pop_back();
  const auto annotated = split_range(tree, parts.front(), ":");
  if (annotated.size() > 1) result.annotation = {annotated[1].first, parts.front().last};
  parts.front() = annotated.front();
  result.targets = std::move(parts);
  return result;
}

bool is_decorator(const SourceTree& tree, const Statement& statement) {
  return statement.kind == StatementKind::simple && !statement.tokens.empty() &&
         tree.is(statement.tokens.first, "@");
}

std::string_view bound_text(const SourceTree& tree, const ImportedName& name) {
  // `a.b as c` has its alias behind the dotted name and "as".
  auto token = name.token;
  if (name.alias.empty()) return tree.text(token);
  while (!tree.is(token, "as")) ++token;
  return tree.text(token + 1);
}

std::vector<std::uint32_t> with_targets(const SourceTree& tree, TokenRange head) {
  std::vector<std::uint32_t> names;
  if (!head.empty() && tree.is(head.first, "(") && behind_bracket(tree, head.first, head.last) == head.last) {
    head = {head.first + 1, head.last - 1};
  }
  for (const auto item : split_range(tree, head, ",")) {
    const auto parts = split_range(tree, item, "as");
    if (parts.size() < 2) continue;
    const auto more = target_names(tree, parts.back());
    names.insert(names.end(), more.begin(), more.end());
  }
  return names;
}

}  // namespace launch::pysource
