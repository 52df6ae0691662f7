#include "locking/refusal.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "resolve/explain.hpp"

namespace launch::locking {
namespace {

using resolve::Fact;

bool is_given(const Fact& fact) {
  return fact.kind == Fact::Kind::given;
}

/// Packages that others than the recipe ask for in versions that there are not, or that do not go together.
std::vector<std::string> disputed(const resolve::Conflict& conflict) {
  std::map<std::string, int> times;
  std::set<std::string> lacking;
  for (const auto& fact : conflict.facts) {
    const bool of_root =
        std::any_of(fact.terms.begin(), fact.terms.end(), [](const auto& term) { return term.root; });
    if (!is_given(fact) || of_root) continue;
    const auto& lacks = fact.advice.lacks;
    if (!lacks.empty() && !fact.advice.ruled_out) lacking.insert(lacks);
    for (const auto& term : fact.terms) {
      if (!term.positive) ++times[std::string(resolve::project_of(term))];
    }
  }
  std::vector<std::string> out(lacking.begin(), lacking.end());
  for (const auto& [name, count] : times) {
    if (count > 1) out.push_back(name);
  }
  return out;
}

std::vector<std::string> ways_out(const resolve::Conflict& conflict) {
  std::vector<std::string> bounds;
  std::vector<std::string> hints;
  const auto add = [](std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
  };
  for (const auto& fact : conflict.facts) {
    if (!is_given(fact)) continue;
    const auto& asks = fact.advice.asks;
    const auto& way_out = fact.advice.way_out;
    if (asks.find_first_of("<>=!~") != std::string::npos) add(bounds, asks);
    if (!way_out.empty()) add(hints, way_out);
  }
  if (!bounds.empty()) hints.push_back(fmt::format("relax {} in the recipe", join_words(bounds, "or")));
  const auto names = disputed(conflict);
  if (hints.empty() && !names.empty()) {
    hints.push_back(fmt::format(
        "if another version of {0} works, say so: overrides = [\"{0}==…\"] under [lock]", names.front()));
  }
  return hints;
}

/// The middle of a long explanation is left out.
std::string shortened(const std::string& explanation) {
  constexpr std::size_t kMost = 12;
  constexpr std::size_t kFirst = 5;
  const auto all = lines(explanation);
  if (all.size() <= kMost) return explanation;
  log_debug("the whole explanation:\n{}", explanation);
  std::vector<std::string> kept(all.begin(), all.begin() + kFirst);
  const auto last = kMost - kFirst - 1;
  kept.push_back(fmt::format("… ({} steps more: run again with --verbose)", all.size() - kFirst - last));
  kept.insert(kept.end(), all.end() - static_cast<std::ptrdiff_t>(last), all.end());
  return join(kept, "\n");
}

bool rests_on_unusable(const resolve::Conflict& conflict, const PackageSource& source) {
  const auto is_ruled_out = [&](const resolve::Term& term) {
    const auto& ruled_out = source.ruled_out();
    return std::any_of(ruled_out.begin(), ruled_out.end(),
                       [&](const auto& one) { return one.first.first == resolve::project_of(term); });
  };
  return std::any_of(conflict.facts.begin(), conflict.facts.end(), [&](const Fact& fact) {
    return std::any_of(fact.terms.begin(), fact.terms.end(), is_ruled_out);
  });
}

}  // namespace

Error error_of(const Refusal& refusal, const std::string& whose, const PackageSource& source) {
  const auto why = replace_all(shortened(resolve::explain(refusal.conflict)), "\n", "\n  ");
  const auto kind = rests_on_unusable(refusal.conflict, source) ? ErrorKind::environment : ErrorKind::input;
  Error error(kind, fmt::format("the requirements of {} cannot be met for {}:\n  {}", whose,
                                refusal.target->text(), why));
  for (auto& hint : ways_out(refusal.conflict)) error.hint(std::move(hint));
  return error;
}

}  // namespace launch::locking
