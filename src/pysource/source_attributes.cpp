#include <algorithm>
#include <iterator>
#include <utility>

#include "pysource/source_walk.hpp"

namespace launch::pysource {
namespace {

auto first_use(const std::vector<AttributeUse>& uses, std::uint32_t token) {
  return std::lower_bound(uses.begin(), uses.end(), token,
                          [](const AttributeUse& use, std::uint32_t from) { return use.token < from; });
}

/// True for what stands before the value of a statement, a named argument or an item of a dict.
bool introduces_value(std::string_view token) {
  if (token == "==" || token == "!=" || token == "<=" || token == ">=") return false;
  return token.ends_with('=') || token == ":" || token == "return" || token == "yield" || token == "from" ||
         token == "await" || token == "assert" || token == "raise";
}

}  // namespace

bool SourceWalk::has_attributes(TokenRange range) const {
  const auto use = first_use(attributes_.uses, range.first);
  return use != attributes_.uses.end() && use->token < range.last;
}

/// Uses by attribute in a statement, or in the head of a clause. Parts of its expressions can have conditions
/// of their own.
void SourceWalk::attributes(TokenRange range, const Place& place) {
  if (!has_attributes(range)) return;
  statement_line_ = line_of(range);
  bool conditions = false;
  for (auto i = range.first; i < range.last && !conditions; ++i) {
    conditions = tree_.is_name(i) && (tree_.is(i, "if") || tree_.is(i, "and") || tree_.is(i, "or"));
  }
  conditions ? attributes_in_brackets(range, place) : attributes_of_one_part(range, place);
}

void SourceWalk::attributes_in_brackets(TokenRange range, const Place& place) {
  if (!has_attributes(range)) return;
  for (const auto part : split_range(tree_, range, ",")) {
    if (!has_attributes(part) || conditional(part, place)) continue;
    auto start = part.first;
    for (auto i = part.first; i < part.last; ++i) {
      if (!tree_.is(i, "(") && !tree_.is(i, "[") && !tree_.is(i, "{")) continue;
      const auto behind = behind_bracket(tree_, i, part.last);
      attributes_of_one_part({start, i + 1}, place);
      attributes_in_brackets({i + 1, behind - 1}, place);
      start = behind - 1;
      i = behind - 1;
    }
    attributes_of_one_part({start, part.last}, place);
  }
}

/// Where the value of a statement, a named argument or an item of a dict begins, if parts of it are
/// conditional.
std::uint32_t SourceWalk::start_of_value(TokenRange range) const {
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

/// `A if TEST else B`, `TEST and A`, `TEST or A`, also as the value of a statement; false for anything else.
bool SourceWalk::conditional(TokenRange range, const Place& place) {
  const auto start = start_of_value(range);
  if (!conditional_value({start, range.last}, place)) return false;
  attributes_in_brackets({range.first, start}, place);
  return true;
}

bool SourceWalk::conditional_value(TokenRange range, const Place& place) {
  const auto other = split_range(tree_, range, "else");
  const auto sides = split_range(tree_, other.front(), "if");
  if (other.size() == 2 && sides.size() == 2) {
    auto holds = place;
    add_test(holds, sides[1], true);
    attributes_in_brackets(sides[0], holds);
    attributes_in_brackets(sides[1], place);
    auto fails = place;
    add_test(fails, sides[1], false);
    attributes_in_brackets(other[1], fails);
    return true;
  }
  if (other.size() > 2 || sides.size() > 1) return false;  // a comprehension, or nested
  for (const auto* word : {"or", "and"}) {
    const auto parts = split_range(tree_, range, word);
    if (parts.size() < 2) continue;
    auto here = place;
    for (const auto part : parts) {
      attributes_in_brackets(part, here);
      add_test(here, part, std::string_view(word) == "and");
    }
    return true;
  }
  return false;
}

void SourceWalk::add_test(Place& place, TokenRange test, bool runs_if) {
  place.on_path = true;
  if (auto condition = definitions_.test(test); condition != nullptr) {
    place.gates.push_back({std::move(condition), runs_if, line_of(test), true});
  } else {
    place.on_other_path = true;
  }
  learn(place, test, runs_if);
}

void SourceWalk::attributes_of_one_part(TokenRange range, const Place& place) {
  const auto& uses = attributes_.uses;
  for (auto use = first_use(uses, range.first); use != uses.end() && use->token < range.last; ++use) {
    if (!use->optional && !use->type && !use->later && use->choices.empty()) {
      add_use(use->requirement, use->token, place);
      continue;
    }
    auto here = place;
    here.guarded = place.guarded || use->optional;
    here.type = place.type || use->type;
    here.on_path = place.on_path || use->later;
    here.on_other_path = place.on_other_path || use->later;
    here.choices.insert(here.choices.end(), use->choices.begin(), use->choices.end());
    add_use(use->requirement, use->token, here);
  }
}

}  // namespace launch::pysource
