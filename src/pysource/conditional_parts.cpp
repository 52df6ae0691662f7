#include "pysource/conditional_parts.hpp"

#include <string_view>

namespace launch::pysource {
namespace {

/// True for what stands before the value of a statement, a named argument or an item of a dict.
bool introduces_value(std::string_view token) {
  if (token == "==" || token == "!=" || token == "<=" || token == ">=") return false;
  return token.ends_with('=') || token == ":" || token == "return" || token == "yield" || token == "from" ||
         token == "await" || token == "assert" || token == "raise";
}

}  // namespace

bool has_conditions(const SourceTree& tree, TokenRange range) {
  for (auto i = range.first; i < range.last; ++i) {
    if (tree.is_name(i) && (tree.is(i, "if") || tree.is(i, "and") || tree.is(i, "or"))) return true;
  }
  return false;
}

void ConditionalParts::in(TokenRange range) {
  if (!wanted_(range)) return;
  for (const auto part : split_range(tree_, range, ",")) {
    if (!wanted_(part) || conditional(part)) continue;
    auto start = part.first;
    for (auto i = part.first; i < part.last; ++i) {
      if (!tree_.is(i, "(") && !tree_.is(i, "[") && !tree_.is(i, "{")) continue;
      const auto behind = behind_bracket(tree_, i, part.last);
      visit_({start, i + 1}, tests_);
      in({i + 1, behind - 1});
      start = behind - 1;
      i = behind - 1;
    }
    visit_({start, part.last}, tests_);
  }
}

/// Where the value of a statement, a named argument or an item of a dict begins, if parts of it are
/// conditional.
std::uint32_t ConditionalParts::start_of_value(TokenRange range) const {
  auto start = range.first;
  for (auto i = range.first; i < range.last; ++i) {
    if (tree_.is(i, "(") || tree_.is(i, "[") || tree_.is(i, "{")) {
      i = behind_bracket(tree_, i, range.last) - 1;
    } else if (tree_.is(i, "and") || tree_.is(i, "or") || tree_.is(i, "if")) {
      break;
    } else if (introduces_value(tree_.text(i))) {
      start = i + 1;
    }
  }
  return start;
}

/// False if no test decides about the outermost parts.
bool ConditionalParts::conditional(TokenRange range) {
  const auto start = start_of_value(range);
  if (!conditional_value({start, range.last})) return false;
  in({range.first, start});
  return true;
}

bool ConditionalParts::conditional_value(TokenRange range) {
  const auto before = tests_.size();
  const auto other = split_range(tree_, range, "else");
  const auto sides = split_range(tree_, other.front(), "if");
  if (other.size() == 2 && sides.size() == 2) {
    tests_.push_back({sides[1], true});
    in(sides[0]);
    tests_.pop_back();
    in(sides[1]);
    tests_.push_back({sides[1], false});
    in(other[1]);
    tests_.resize(before);
    return true;
  }
  if (other.size() > 2 || sides.size() > 1) return false;  // a comprehension, or nested
  for (const auto* word : {"or", "and"}) {
    const auto parts = split_range(tree_, range, word);
    if (parts.size() < 2) continue;
    for (const auto part : parts) {
      in(part);
      tests_.push_back({part, std::string_view(word) == "and"});
    }
    tests_.resize(before);
    return true;
  }
  return false;
}

}  // namespace launch::pysource
