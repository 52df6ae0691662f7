#include "probe/judgement.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

namespace launch::probe {
namespace {

/// Verdicts of groups: the best alternative's; an alternative is as bad as the worst name that it needs.
class Groups {
 public:
  void add(const std::vector<pysource::Choice>& choices, pysource::Verdict verdict) {
    for (std::size_t i = 0; i < choices.size(); ++i) {
      auto& alternative = alternatives_[choices[i]];
      if (i + 1 < choices.size()) {
        alternative.inner.push_back(choices[i + 1].group);
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

/// Evaluates gates.
class Gates {
 public:
  explicit Gates(const GateContext& context)
      : symbols_(context.symbols != nullptr ? *context.symbols : kNone), evaluator_(symbols_, context.facts) {
    if (context.calls != nullptr)
      calls_.emplace(*context.calls, [this](const auto& gates, auto file) { return passes(gates, file); });
  }

  void judge(JudgedUse& judged) {
    auto all = pysource::Truth::yes();
    for (const auto& gate : judged.use.gates) {
      const auto passes = judged.use.source < symbols_.size() ? evaluator_.passes(gate, judged.use.source)
                                                              : pysource::Truth::open();
      auto& lines = judged.passed_lines;
      const bool named = std::find(lines.begin(), lines.end(), gate.line) != lines.end();
      if (passes.is_yes() && gate.line != 0 && !named) lines.push_back(gate.line);
      all = all & passes;
    }
    judged.runs = all.is_yes()        ? Runs::yes
                  : all.can_be_yes()  ? Runs::depends
                  : all.can_be_open() ? Runs::unknown
                                      : Runs::no;
  }

  /// Follows the calls to a use that would fail.
  void follow(JudgedUse& judged) {
    if (!calls_ || !(judged.fails() || judged.is_open())) return;
    judged.reached = calls_->reached(judged.use.unit, judged.use.imports);
    if (judged.reached == Reached::no) judged.runs = Runs::no;
  }

 private:
  Reached passes(const std::vector<pysource::Gate>& gates, std::uint32_t file) {
    const auto [known, added] = passed_.try_emplace(&gates, Reached::no);
    if (!added) return known->second;
    auto all = pysource::Truth::yes();
    for (const auto& gate : gates) all = all & evaluator_.passes(gate, file);
    if (all.can_be_open()) known->second = Reached::unknown;
    if (all.can_be_yes()) known->second = Reached::yes;
    return known->second;
  }

  static const pysource::SymbolTable kNone;
  const pysource::SymbolTable& symbols_;
  pysource::GateEvaluator evaluator_;
  std::unordered_map<const std::vector<pysource::Gate>*, Reached> passed_;  ///< by a site's gates
  std::optional<CallSearch> calls_;
};

const pysource::SymbolTable Gates::kNone = {};

/// True for a keyword of a name that is missing or unknown itself.
bool is_implied(const pysource::Requirement& keyword, const pysource::GateFacts& facts) {
  if (keyword.tier != pysource::Tier::keyword) return false;
  constexpr std::string_view kConstructor = ".__init__";  // as a class calls its base's
  auto name = keyword.name;
  if (name.ends_with(kConstructor)) name.resize(name.size() - kConstructor.size());
  const auto is_in_doubt = [&](pysource::Tier tier) {
    const auto called = facts.answers.find({keyword.module, name, {}, tier});
    return called != facts.answers.end() && called->second != pysource::Verdict::yes;
  };
  return is_in_doubt(pysource::Tier::attribute) || is_in_doubt(pysource::Tier::import);
}

/// Groups whose alternatives are at one place: what one name can be bound to there.
std::set<std::uint32_t> groups_of_names(const std::vector<NeededName>& names) {
  std::map<std::uint32_t, std::tuple<std::string_view, std::uint32_t, std::uint32_t, std::uint32_t>> first;
  std::set<std::uint32_t> groups;
  for (const auto& name : names) {
    for (const auto& use : name.uses) {
      for (const auto& [group, alternative] : use.choices) {
        const auto [known, added] =
            first.try_emplace(group, std::string_view(use.file), use.line, use.column, alternative);
        const auto& [file, line, column, other] = known->second;
        if (other != alternative &&
            std::tie(file, line, column) == std::tuple(std::string_view(use.file), use.line, use.column)) {
          groups.insert(group);
        }
      }
    }
  }
  return groups;
}

/// The outcome of a use whose name has that verdict.
pysource::Verdict outcome_of(const JudgedUse& judged, pysource::Verdict verdict, Groups& choices,
                             Groups& branches, const std::set<std::uint32_t>& of_names) {
  const bool decided = judged.runs == Runs::yes || judged.runs == Runs::no;
  const bool known = decided && !judged.use.gates.empty();
  for (const auto& choice : judged.use.choices) {
    // A handler that is known to run has no alternative.
    const bool open = !known || choice.alternative == 0 || of_names.contains(choice.group);
    if (open) verdict = std::max(verdict, choices.of(choice.group));
  }
  if (judged.use.branch && !known) verdict = std::max(verdict, branches.of(judged.use.branch->group));
  return verdict;
}

}  // namespace

bool JudgedName::fails() const {
  return std::any_of(uses.begin(), uses.end(), [](const JudgedUse& use) { return use.fails(); });
}

bool JudgedName::is_open() const {
  return !fails() &&
         std::any_of(uses.begin(), uses.end(), [](const JudgedUse& use) { return use.is_open(); });
}

std::string_view runs_name(Runs runs) {
  switch (runs) {
    case Runs::yes:
      return "yes";
    case Runs::no:
      return "no";
    case Runs::depends:
      return "depends";
    case Runs::unknown:
      return "unknown";
  }
  return "unknown";
}

pysource::Need JudgedUse::need() const {
  if (reached != Reached::yes) return std::max(use.need, pysource::Need::optional);
  switch (runs) {
    case Runs::yes:
      return use.gates.empty() ? use.need : use.need_if_run;
    case Runs::depends:
      return std::max(use.need, pysource::Need::path);
    case Runs::unknown:
    case Runs::no:
      return std::max(use.need, pysource::Need::optional);
  }
  return use.need;
}

std::vector<JudgedName> judge(std::vector<NeededName> names, std::span<const pysource::Answer> answers,
                              GateContext context) {
  for (std::size_t i = 0; i < names.size(); ++i)
    context.facts.answers.emplace(names[i].requirement, answers[i].verdict);
  const auto of_names = groups_of_names(names);
  Gates gates(context);
  Groups choices;
  Groups branches;
  std::vector<JudgedName> judged;
  for (std::size_t i = 0; i < names.size(); ++i) {
    JudgedName name{std::move(names[i].requirement), names[i].need, answers[i], {}};
    name.implied = is_implied(name.requirement, context.facts);
    for (auto& use : names[i].uses) {
      JudgedUse each{std::move(use)};
      gates.judge(each);
      // What does not run makes its alternative no worse, nor does what has a fallback of its own there.
      const bool runs = each.runs != Runs::no;
      const bool counts = runs && each.use.need <= pysource::Need::path;
      choices.add(each.use.choices, counts ? answers[i].verdict : pysource::Verdict::yes);
      if (runs && each.use.branch) branches.add({*each.use.branch}, answers[i].verdict);
      name.uses.push_back(std::move(each));
    }
    judged.push_back(std::move(name));
  }
  for (auto& name : judged) {
    for (auto& use : name.uses) {
      use.outcome = name.implied ? pysource::Verdict::yes
                                 : outcome_of(use, name.answer.verdict, choices, branches, of_names);
      gates.follow(use);
    }
  }
  return judged;
}

}  // namespace launch::probe
