#include "probe/search.hpp"

#include <algorithm>

namespace launch::probe {
namespace {

bool says_something(Trial trial) {
  return trial == Trial::works || trial == Trial::fails;
}

std::size_t distance(std::size_t a, std::size_t b) {
  return a < b ? b - a : a - b;
}

}  // namespace

std::optional<Narrowed> narrowed(std::span<const Trial> trials) {
  std::optional<std::size_t> after;
  for (auto i = trials.size(); i-- > 0;) {
    if (!says_something(trials[i])) continue;
    if (after && trials[i] != trials[*after]) return Narrowed{i, *after};
    after = i;
  }
  return std::nullopt;
}

std::optional<std::size_t> next_trial(std::span<const Trial> trials) {
  const auto can_be_tried = [](Trial trial) { return trial != Trial::skipped; };
  const auto oldest = std::find_if(trials.begin(), trials.end(), can_be_tried);
  if (oldest == trials.end()) return std::nullopt;
  if (*oldest == Trial::untried) return static_cast<std::size_t>(oldest - trials.begin());
  const auto newest = std::find_if(trials.rbegin(), trials.rend(), can_be_tried);
  if (*newest == Trial::untried)
    return trials.size() - 1 - static_cast<std::size_t>(newest - trials.rbegin());
  const auto change = narrowed(trials);
  if (!change) return std::nullopt;
  const auto middle = change->before + (change->after - change->before) / 2;
  std::optional<std::size_t> next;
  for (auto i = change->before + 1; i < change->after; ++i) {
    if (trials[i] != Trial::untried) continue;
    if (!next || distance(i, middle) < distance(*next, middle)) next = i;
  }
  return next;
}

}  // namespace launch::probe
