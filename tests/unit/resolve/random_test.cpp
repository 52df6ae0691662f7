#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fakes/dice.hpp"
#include "resolve/explain.hpp"
#include "resolve/pubgrub.hpp"
#include "unit/resolve/table_provider.hpp"

namespace launch::resolve {
namespace {

using fakes::Dice;
using Names = std::vector<std::string>;
using Choice = std::map<std::string, Chosen>;

struct Universe {
  TableProvider index;
  std::vector<specs::Requirement> root;
  std::vector<Bound> bounds;
  Names packages;
};

std::string random_specifier(Dice& dice) {
  static const Names operators = {"==", ">=", "<=", "<", ">", "!="};
  if (dice.chance(25)) return "";
  return operators[static_cast<std::size_t>(dice.upto(5))] + std::to_string(1 + dice.upto(3));
}

std::string random_requirement(Dice& dice, const Names& packages, int extras_percent) {
  auto text = packages[static_cast<std::size_t>(dice.upto(static_cast<int>(packages.size()) - 1))];
  if (dice.chance(extras_percent)) text += dice.chance(50) ? "[x]" : "[x,y]";
  return text + random_specifier(dice);
}

Universe random_universe(unsigned seed) {
  Dice dice(seed);
  Universe out;
  const bool dense = dice.chance(50);  // many narrow requirements: long ways to the verdict
  const int count = dense ? 4 : 2 + dice.upto(3);
  const int extras = dice.chance(50) ? 30 : 0;
  for (int i = 0; i < count; ++i) out.packages.emplace_back(1, static_cast<char>('a' + i));
  auto mentioned = out.packages;
  if (dice.chance(20)) mentioned.emplace_back("missing");
  for (const auto& package : out.packages) {
    const int versions = dense ? 4 : 1 + dice.upto(3);
    for (int version = 1; version <= versions; ++version) {
      std::vector<std::string> needs;
      for (int i = dense ? 1 + dice.upto(1) : dice.upto(3); i > 0; --i) {
        auto need = random_requirement(dice, mentioned, extras);
        if (extras != 0 && dice.chance(40)) need += dice.chance(50) ? "; extra == 'x'" : "; extra == 'y'";
        needs.push_back(need);
      }
      out.index.add(package, std::to_string(version), needs);
      if (dice.chance(4)) out.index.add_unusable(package, std::to_string(version), "is broken");
    }
  }
  for (int i = 1 + dice.upto(2); i > 0; --i) {
    out.root.push_back(*specs::Requirement::parse(random_requirement(dice, mentioned, extras)));
  }
  for (int i = dice.chance(30) ? 1 + dice.upto(1) : 0; i > 0; --i) {
    const auto bound = *specs::Requirement::parse(random_requirement(dice, mentioned, 0));
    out.bounds.push_back({bound.name, bound.specifier, "constraint"});
  }
  return out;
}

using Versions = std::map<std::string, specs::Version>;

/// A universe in a form for exhaustive search: the requirements of each version, by extra ("" for itself).
class Everything {
 public:
  explicit Everything(Universe& universe) : root_(universe.root), bounds_(universe.bounds) {
    for (const auto& package : universe.packages) {
      for (const auto& [version, needs] : universe.index.versions(package)) {
        auto& entry = table_[package].emplace_back(version);
        for (const std::string extra : {"", "x", "y"}) {
          const auto extras = extra.empty() ? std::set<std::string>{} : std::set<std::string>{extra};
          entry.needs[extra] = *universe.index.dependencies(package, version, extras);
        }
      }
    }
  }

  bool has_solution() { return any_solution(table_.begin()); }

  bool valid(const Versions& versions) {
    for (auto& [package, entries] : table_) {
      chosen_[package] = nullptr;
      const auto at = versions.find(package);
      if (at == versions.end()) continue;
      for (const auto& entry : entries) {
        if (entry.version == at->second) chosen_[package] = &entry;
      }
    }
    return valid();
  }

 private:
  struct Entry {
    explicit Entry(specs::Version of) : version(std::move(of)) {}
    specs::Version version;
    std::map<std::string, Dependencies> needs;
  };
  using Table = std::map<std::string, std::vector<Entry>>;

  /// True if a choice meets every requirement that it implies, including extras of extras.
  bool valid() const {
    for (const auto& bound : bounds_) {
      const auto at = chosen_.find(bound.package);
      if (at == chosen_.end() || at->second == nullptr) continue;
      if (!bound.specifier.matches(at->second->version)) return false;
    }
    std::vector<const specs::Requirement*> open;
    for (const auto& requirement : root_) open.push_back(&requirement);
    std::set<std::pair<std::string, std::string>> seen;  // package and extra
    while (!open.empty()) {
      const auto& requirement = *open.back();
      open.pop_back();
      const auto at = chosen_.find(requirement.name);
      if (at == chosen_.end() || at->second == nullptr) return false;
      if (!requirement.specifier.matches(at->second->version)) return false;
      auto asked = requirement.extras;
      asked.insert("");
      for (const auto& extra : asked) {
        if (!seen.insert({requirement.name, extra}).second) continue;
        const auto& needs = at->second->needs.at(extra);
        if (needs.unusable) return false;
        for (const auto& need : needs.requirements) open.push_back(&need);
      }
    }
    return true;
  }

  bool any_solution(Table::const_iterator at) {
    if (at == table_.end()) return valid();
    chosen_[at->first] = nullptr;
    if (any_solution(std::next(at))) return true;
    for (const auto& entry : at->second) {
      chosen_[at->first] = &entry;
      if (any_solution(std::next(at))) return true;
    }
    return false;
  }

  const std::vector<specs::Requirement>& root_;
  const std::vector<Bound>& bounds_;
  Table table_;
  std::map<std::string, const Entry*> chosen_;
};

Versions versions_of(const Choice& solution) {
  Versions out;
  for (const auto& [name, chosen] : solution) out.emplace(name, chosen.version);
  return out;
}

TEST(RandomUniverses, TheVerdictIsThatOfTryingEverything) {
  int solvable = 0;
  constexpr int kUniverses = 2000;
  for (unsigned seed = 0; seed < kUniverses; ++seed) {
    auto universe = random_universe(seed);
    const auto outcome = *solve("root", universe.root, universe.index, universe.bounds);
    Everything everything(universe);
    ASSERT_EQ(outcome.solution.has_value(), everything.has_solution()) << "seed " << seed;
    if (!outcome.solution) {
      ASSERT_TRUE(explain(outcome.conflict).ends_with("the requirements of root cannot be met."))
          << "seed " << seed;
      continue;
    }
    ++solvable;
    auto versions = versions_of(*outcome.solution);
    ASSERT_TRUE(everything.valid(versions)) << "seed " << seed;
    for (const auto& [name, version] : versions_of(*outcome.solution)) {
      versions.erase(name);
      ASSERT_FALSE(everything.valid(versions)) << "seed " << seed << ": nothing needs " << name;
      versions.emplace(name, version);
    }
  }
  EXPECT_GT(solvable, kUniverses / 5);
  EXPECT_LT(solvable, kUniverses * 4 / 5);
}

TEST(RandomUniverses, ExplanationsAreTheSameEveryTime) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    auto universe = random_universe(seed);
    auto again = random_universe(seed);
    const auto one = *solve("root", universe.root, universe.index, universe.bounds);
    const auto two = *solve("root", again.root, again.index, again.bounds);
    ASSERT_EQ(one.decisions, two.decisions) << "seed " << seed;
    ASSERT_EQ(one.conflicts, two.conflicts) << "seed " << seed;
    if (one.solution) {
      ASSERT_EQ(versions_of(*one.solution), versions_of(*two.solution)) << "seed " << seed;
    } else {
      ASSERT_EQ(explain(one.conflict), explain(two.conflict)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace launch::resolve
