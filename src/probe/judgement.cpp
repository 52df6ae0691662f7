#include "probe/judgement.hpp"

#include <algorithm>
#include <map>

namespace launch::probe {
namespace {

/// Verdicts of groups: the best alternative's; an alternative is as bad as the worst name that it needs.
class Groups {
 public:
  void add(const Use& use, pysource::Verdict verdict) {
    for (std::size_t i = 0; i < use.choices.size(); ++i) {
      auto& alternative = alternatives_[use.choices[i]];
      if (i + 1 < use.choices.size()) {
        alternative.inner.push_back(use.choices[i + 1].group);
      } else {
        alternative.own = std::min(alternative.own, verdict);
      }
    }
  }

  pysource::Verdict of(std::uint32_t group) {
    const auto [known, added] = verdicts_.try_emplace(group, pysource::Verdict::no);
    if (!added) return known->second;
    auto best = pysource::Verdict::no;
    for (auto at = alternatives_.lower_bound({group, 0});
         at != alternatives_.end() && at->first.group == group; ++at) {
      auto verdict = at->second.own;
      for (const auto inner : at->second.inner) verdict = std::min(verdict, of(inner));
      best = std::max(best, verdict);
    }
    return verdicts_[group] = best;
  }

 private:
  struct Alternative {
    pysource::Verdict own = pysource::Verdict::yes;
    std::vector<std::uint32_t> inner;
  };
  std::map<pysource::Choice, Alternative> alternatives_;
  std::map<std::uint32_t, pysource::Verdict> verdicts_;
};

}  // namespace

bool JudgedName::fails() const {
  return std::any_of(uses.begin(), uses.end(), [](const JudgedUse& use) { return use.fails(); });
}

bool JudgedName::is_open() const {
  return !fails() &&
         std::any_of(uses.begin(), uses.end(), [](const JudgedUse& use) { return use.is_open(); });
}

std::vector<JudgedName> judge(std::vector<NeededName> names, std::span<const pysource::Answer> answers) {
  Groups groups;
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (const auto& use : names[i].uses) groups.add(use, answers[i].verdict);
  }
  std::vector<JudgedName> judged;
  for (std::size_t i = 0; i < names.size(); ++i) {
    JudgedName name{std::move(names[i].requirement), names[i].need, answers[i], {}};
    for (auto& use : names[i].uses) {
      auto outcome = answers[i].verdict;
      for (const auto& choice : use.choices) outcome = std::max(outcome, groups.of(choice.group));
      name.uses.push_back({std::move(use), outcome});
    }
    judged.push_back(std::move(name));
  }
  return judged;
}

}  // namespace launch::probe
