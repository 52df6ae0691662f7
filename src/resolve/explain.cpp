#include "resolve/explain.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::resolve {
namespace {

constexpr std::string_view kBut = ", but ";
constexpr std::string_view kEvery = "every version of ";

/// "every version of a" after "cannot": "any version of a".
std::string denied(const std::string& text) {
  return text.starts_with(kEvery) ? "any version of " + text.substr(kEvery.size()) : text;
}

/// An incompatibility as a sentence: "a 2.0 requires b<1", "a 1.0 and c cannot be used together".
std::string conclusion(const std::vector<Term>& terms, const std::string& root) {
  std::vector<std::string> with;
  std::vector<std::string> without;
  bool of_root = false;
  for (const auto& term : terms) {
    if (term.root) {
      of_root = true;
    } else {
      (term.positive ? with : without).push_back(term.text);
    }
  }
  if (with.empty() && without.empty()) return fmt::format("the requirements of {} cannot be met", root);
  if (without.empty()) {
    if (of_root && with.size() == 1) return fmt::format("{} cannot use {}", root, denied(with.front()));
    if (of_root) return fmt::format("{} cannot use {}", root, join_words(with));
    if (with.size() == 1 && with.front().starts_with(kEvery))
      return fmt::format("no version of {} can be used", with.front().substr(kEvery.size()));
    if (with.size() == 1) return with.front() + " cannot be used";
    return join_words(with) + " cannot be used together";
  }
  if (of_root) with.insert(with.begin(), root);
  const auto needed = join_words(without, "or");
  if (with.empty()) return needed + " is required";
  if (with.size() == 1) return fmt::format("{} requires {}", with.front(), needed);
  return fmt::format("{} together require {}", join_words(with), needed);
}

/// Facts that say of versions of one package that they require another, or that they cannot be used.
struct Family {
  std::string package;
  std::string other;  ///< empty: they cannot be used
  std::size_t needs = 0;
  std::vector<std::string> unusable;  ///< reasons
};

/// Of a given or derived fact by its terms; nullopt if it says something else.
std::optional<Family> family_of(const Fact& fact) {
  Family family;
  for (const auto& term : fact.terms) {
    auto& name = term.positive ? family.package : family.other;
    if (term.root || !name.empty()) return std::nullopt;
    name = project_of(term);
  }
  if (family.package.empty()) return std::nullopt;
  return family;
}

/// The family of a fact that follows from two of the same; nullopt if they are of different ones.
std::optional<Family> joined(Family family, const Family& left, const Family& right) {
  for (const auto* one : {&left, &right}) {
    if (one->package != family.package || (!one->other.empty() && one->other != family.other))
      return std::nullopt;
    family.needs += one->needs;
    family.unusable.insert(family.unusable.end(), one->unusable.begin(), one->unusable.end());
  }
  return family;
}

/// True for a proof of so many steps that its conclusion says more.
bool is_tedious(const Family& family) {
  constexpr std::size_t kFewNeeds = 3;
  constexpr std::size_t kMostUnusable = 3;
  return family.needs >= kFewNeeds && family.unusable.size() <= kMostUnusable;
}

class Writer {
 public:
  explicit Writer(Conflict conflict) : conflict_(std::move(conflict)) {
    drop_links();
    fold_families();
    count_uses();
  }

  std::string text() {
    const auto last = conflict_.facts.size() - 1;
    if (derived(last)) {
      write(last);
    } else {
      say(last, "Because {0}, {1}.", conflict_.facts[last].text);
    }
    return join(sentences_, "\n");
  }

 private:
  bool derived(std::size_t id) const { return conflict_.facts[id].kind == Fact::Kind::derived; }

  /// A fact derived from a fact and a link is that same fact.
  void drop_links() {
    auto& facts = conflict_.facts;
    std::vector<std::size_t> same(facts.size());
    for (std::size_t id = 0; id < facts.size(); ++id) {
      same[id] = id;
      auto& fact = facts[id];
      if (fact.kind != Fact::Kind::derived) continue;
      fact.left = same[fact.left];
      fact.right = same[fact.right];
      const bool left = facts[fact.left].kind == Fact::Kind::link;
      const bool right = facts[fact.right].kind == Fact::Kind::link;
      if (!left && !right) continue;
      same[id] = left ? fact.right : fact.left;
      if (id + 1 != facts.size()) continue;
      auto terms = std::move(fact.terms);
      fact = facts[same[id]];
      fact.terms = std::move(terms);
    }
  }

  /// Makes what versions of one package require of one other a fact of its own: "a requires b<1".
  void fold_families() {
    auto& facts = conflict_.facts;
    std::vector<std::optional<Family>> families(facts.size());
    for (std::size_t id = 0; id < facts.size(); ++id) {
      auto family = family_of(facts[id]);
      if (!family) continue;
      if (derived(id)) {
        const auto& left = families[facts[id].left];
        const auto& right = families[facts[id].right];
        if (left && right) families[id] = joined(*std::move(family), *left, *right);
        continue;
      }
      if (family->other.empty()) {
        family->unusable.push_back(facts[id].text);
      } else {
        family->needs = 1;
      }
      families[id] = std::move(family);
    }
    for (std::size_t id = 0; id < facts.size(); ++id) {
      if (!derived(id) || !families[id] || !is_tedious(*families[id])) continue;
      facts[id].text = conclusion(facts[id].terms, conflict_.root);
      if (!families[id]->unusable.empty())
        facts[id].text += fmt::format(" ({})", join(families[id]->unusable, "; "));
      facts[id].kind = Fact::Kind::given;
    }
  }

  void count_uses() {
    uses_.resize(conflict_.facts.size());
    lines_.resize(conflict_.facts.size());
    for (std::size_t id = conflict_.facts.size(); id-- > 0;) {
      if (!derived(id) || (uses_[id] == 0 && id + 1 != conflict_.facts.size())) continue;
      ++uses_[conflict_.facts[id].left];
      ++uses_[conflict_.facts[id].right];
    }
  }

  /// A fact as a reason: given facts as they are, derived ones as their conclusion with the number of their
  /// line.
  std::string reason(std::size_t id) {
    const auto& fact = conflict_.facts[id];
    if (!derived(id)) return once(fact.text);
    const auto text = conclusion(fact.terms, conflict_.root);
    return lines_[id] ? fmt::format("{} ({})", text, *lines_[id]) : text;
  }

  /// "a requires b<1, but the newest b is 2", and where that was said before "a requires b<1".
  std::string once(const std::string& text) {
    const auto but = text.find(kBut);
    if (but == std::string::npos || said_.insert(text.substr(but)).second) return text;
    return text.substr(0, but);
  }

  /// {0}: the reasons, {1}: the conclusion.
  void say(std::size_t id, std::string_view pattern, const std::string& reasons) {
    const auto& fact = conflict_.facts[id];
    auto sentence = fmt::format(fmt::runtime(pattern), reasons, conclusion(fact.terms, conflict_.root));
    if (uses_[id] > 1) number(id, sentence);
    sentences_.push_back(std::move(sentence));
  }

  void number(std::size_t id, std::string& sentence) {
    lines_[id] = ++last_line_;
    sentence += fmt::format(" ({})", last_line_);
  }

  /// Numbers the last sentence, which shows `id`.
  void number_last(std::size_t id) {
    if (!lines_[id]) number(id, sentences_.back());
  }

  void write(std::size_t id) {
    const auto& fact = conflict_.facts[id];
    if (derived(fact.left) && derived(fact.right)) {
      write_of_two(id, fact.left, fact.right);
    } else if (derived(fact.left) || derived(fact.right)) {
      const bool left = derived(fact.left);
      write_of_one(id, left ? fact.left : fact.right, left ? fact.right : fact.left);
    } else {
      say(id, "Because {0}, {1}.", both(fact.left, fact.right));
    }
  }

  /// Two reasons, the one that requires a package before the one about that package: "demo requires a and a
  /// 1.0 requires b".
  std::string both(std::size_t a, std::size_t b) {
    if (calls_for(b, a)) std::swap(a, b);
    auto first = reason(a);
    if (!derived(a) && conflict_.facts[a].text == conflict_.facts[b].text) return first;
    return fmt::format("{}{} and {}", first, first.find(kBut) == std::string::npos ? "" : ",", reason(b));
  }

  bool calls_for(std::size_t caller, std::size_t called) const {
    const auto& callers = conflict_.facts[caller].terms;
    const auto& others = conflict_.facts[called].terms;
    return std::any_of(callers.begin(), callers.end(), [&](const Term& need) {
      return !need.positive && std::any_of(others.begin(), others.end(), [&](const Term& term) {
        return term.positive && term.package == need.package;
      });
    });
  }

  void write_of_two(std::size_t id, std::size_t left, std::size_t right) {
    if (lines_[left] && lines_[right]) {
      say(id, "Because {0}, {1}.", both(left, right));
    } else if (lines_[left] || lines_[right]) {
      const auto shown = lines_[left] ? left : right;
      write(lines_[left] ? right : left);
      say(id, "And because {0}, {1}.", reason(shown));
    } else if (short_proof(left) || short_proof(right)) {
      write(short_proof(left) ? right : left);
      if (lines_[left] && lines_[right]) {
        say(id, "Because {0}, {1}.", both(left, right));
        return;
      }
      write(short_proof(left) ? left : right);
      say(id, "So {1}.", "");
    } else {
      write(left);
      number_last(left);
      if (!lines_[right]) {
        write(right);
        say(id, "And because {0}, {1}.", reason(left));
      } else {
        say(id, "Because {0}, {1}.", both(left, right));
      }
    }
  }

  /// True if one sentence can show it.
  bool short_proof(std::size_t id) const {
    return !derived(conflict_.facts[id].left) && !derived(conflict_.facts[id].right);
  }

  void write_of_one(std::size_t id, std::size_t cause, std::size_t given) {
    const auto& fact = conflict_.facts[cause];
    if (lines_[cause]) {
      say(id, "Because {0}, {1}.", both(given, cause));
    } else if (uses_[cause] == 1 && derived(fact.left) != derived(fact.right)) {
      const auto before = derived(fact.left) ? fact.left : fact.right;
      if (!lines_[before]) {
        write(before);
        say(id, "And because {0}, {1}.", both(derived(fact.left) ? fact.right : fact.left, given));
      } else {
        write(cause);
        say(id, "And because {0}, {1}.", reason(given));
      }
    } else {
      write(cause);
      say(id, "And because {0}, {1}.", reason(given));
    }
  }

  Conflict conflict_;
  std::vector<std::size_t> uses_;
  std::vector<std::optional<std::size_t>> lines_;  // by fact: the number of the sentence that shows it
  std::size_t last_line_ = 0;
  std::vector<std::string> sentences_;
  std::set<std::string> said_;  // why a package is missing
};

}  // namespace

std::string explain(const Conflict& conflict) {
  return Writer(conflict).text();
}

}  // namespace launch::resolve
