#include "locking/ways_out.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "locking/absence.hpp"

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
    if (!fact.lacks.empty() && fact.text.find(kOtherNight) == std::string::npos) lacking.insert(fact.lacks);
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

/// The word after `before` in a text; empty if it is not there.
std::string word_after(const std::string& text, std::string_view before) {
  const auto at = text.find(before);
  if (at == std::string::npos) return {};
  const auto word = text.substr(at + before.size());
  return word.substr(0, word.find_first_of(" ,"));
}

/// What a given fact alone suggests.
std::optional<std::string> way_out(const Fact& fact) {
  const auto has = [&](std::string_view words) { return fact.text.find(words) != std::string::npos; };
  if (const auto name = word_after(fact.text, " has no project named "); !name.empty()) {
    return fmt::format(
        "if {0} is on another index, name it in the recipe: [[index]] with its url and packages = [\"{0}\"]",
        name);
  }
  if (has(" by direct URL, "))
    return fmt::format("take {0} from the index instead: overrides = [\"{0}\"] below [lock]",
                       word_after(fact.text, " requires "));
  if (has(" needs glibc ")) return "choose a base image with a newer glibc: `from` below [image]";
  if (has("needs Python ") || has(", none for cp")) return "try another `python` in the recipe";
  if (const auto platform = word_after(fact.text, ", none for linux-"); !platform.empty())
    return fmt::format(
        "remove linux-{0} from the recipe's platforms, or require the package only elsewhere, with a marker "
        "such as "
        "platform_machine != '{0}'",
        platform);
  return std::nullopt;
}

}  // namespace

std::vector<std::string> ways_out(const resolve::Conflict& conflict) {
  std::vector<std::string> bounds;
  std::vector<std::string> hints;
  const auto add = [](std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
  };
  for (const auto& fact : conflict.facts) {
    if (!is_given(fact)) continue;
    if (fact.asks.find_first_of("<>=!~") != std::string::npos) add(bounds, fact.asks);
    if (auto hint = way_out(fact)) add(hints, *std::move(hint));
  }
  if (!bounds.empty())
    hints.insert(hints.begin(), fmt::format("relax {} in the recipe", join_words(bounds, "or")));
  const auto names = disputed(conflict);
  if (hints.empty() && !names.empty()) {
    hints.push_back(fmt::format(
        "if another version of {0} works, say so: overrides = [\"{0}==…\"] below [lock]", names.front()));
  }
  return hints;
}

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

}  // namespace launch::locking
