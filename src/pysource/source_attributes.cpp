#include <algorithm>
#include <iterator>
#include <utility>

#include "pysource/conditional_parts.hpp"
#include "pysource/source_walk.hpp"

namespace launch::pysource {
namespace {

auto first_use(const std::vector<AttributeUse>& uses, std::uint32_t token) {
  return std::lower_bound(uses.begin(), uses.end(), token,
                          [](const AttributeUse& use, std::uint32_t from) { return use.token < from; });
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
  if (!has_conditions(tree_, range)) return attributes_of_one_part(range, place);
  const auto visit = [&](TokenRange part, const std::vector<PartTest>& tests) {
    if (!has_attributes(part)) return;
    auto here = place;
    for (const auto& each : tests) add_test(here, each.test, each.holds);
    attributes_of_one_part(part, here);
  };
  ConditionalParts(
      tree_, [&](TokenRange part) { return has_attributes(part); }, visit)
      .in(range);
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
    auto& found = use->elsewhere ? scan_.elsewhere : scan_.uses;
    if (!use->optional && !use->type && !use->later && use->choices.empty() && use->tests.empty()) {
      found.push_back(use_at(use->token, use->requirement, place));
      continue;
    }
    auto here = place;
    here.guarded = place.guarded || use->optional;
    here.type = place.type || use->type;
    here.on_path = place.on_path || use->later;
    here.on_other_path = place.on_other_path || use->later;
    here.choices.insert(here.choices.end(), use->choices.begin(), use->choices.end());
    for (const auto& each : use->tests) {
      here.on_path = true;
      here.gates.push_back({definitions_.read(*each.test), each.holds, tree_.line(use->token), true});
    }
    found.push_back(use_at(use->token, use->requirement, here));
  }
}

}  // namespace launch::pysource
