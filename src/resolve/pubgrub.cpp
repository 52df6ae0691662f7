#include "resolve/pubgrub.hpp"

#include <algorithm>
#include <deque>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "resolve/partial_solution.hpp"
#include "resolve/problem.hpp"

namespace launch::resolve {
namespace {

/// What a reason means for a person.
Advice advice_of(const Reason& why) {
  return {.way_out = why.way_out, .ruled_out = why.ruled_out};
}

using Relation = PartialSolution::Relation;

/// Packages whose pre-releases some requirement called for; grows from attempt to attempt.
using Admitted = std::set<std::string>;

class Solver {
 public:
  Solver(const std::string& root, std::span<const specs::Requirement> requirements, Provider& provider,
         std::span<const Bound> bounds, Admitted& admitted)
      : problem_(root),
        requirements_(requirements),
        bounds_(bounds),
        provider_(provider),
        admitted_(admitted) {}

  /// nullopt if pre-releases of one more package are called for, and solving must start over.
  Result<std::optional<Outcome>> run() {
    begin();
    std::optional<PackageId> changed = 0;
    while (changed) {
      if (!propagate(*changed)) {
        outcome_.conflict = problem_.proof(*failure_);
        return std::move(outcome_);
      }
      TRY_ASSIGN(changed, decide());
      if (restart_) return std::nullopt;
    }
    outcome_.solution = solution();
    return std::move(outcome_);
  }

 private:
  static constexpr std::size_t kConflictsAStep = 5;

  void begin() {
    for (const auto& requirement : requirements_) {
      if (requirement.specifier.wants_prereleases()) promoted_.insert(requirement.name);
    }
    for (const auto& bound : bounds_) {
      if (!bound.specifier.wants_prereleases()) continue;
      promoted_.insert(bound.package);
      admitted_.insert(bound.package);
    }
    Incompatibility rootless;
    rootless.kind = Incompatibility::Kind::link;
    rootless.terms = {{0, ~VersionSet::one(1, 0)}};
    problem_.add(std::move(rootless));
  }

  /// Draws all conclusions; false if they contradict each other whatever is decided, because of failure_.
  bool propagate(PackageId start) {
    std::deque<PackageId> changed = {start};
    while (!changed.empty()) {
      const auto package = changed.front();
      changed.pop_front();
      const auto& facts = problem_.facts_of(package);
      for (std::size_t i = facts.size(); i-- > 0;) {
        std::size_t open = 0;
        auto id = facts[i];
        const auto relation = partial_.relation(problem_.fact(id), open);
        if (relation == Relation::almost) {
          changed.push_back(conclude(id, open));
        } else if (relation == Relation::satisfied) {
          const auto learnt = learn(id);
          if (!learnt) return false;
          partial_.relation(problem_.fact(*learnt), open);
          changed = {conclude(*learnt, open)};
          break;
        }
      }
    }
    return true;
  }

  PackageId conclude(FactId id, std::size_t open) {
    const auto& term = problem_.fact(id).terms[open];
    partial_.derive(term.package, ~term.set, id);
    return term.package;
  }

  /// Finds the cause of a fact that came true and backtracks to where it can be avoided; nullopt if it
  /// cannot.
  std::optional<FactId> learn(FactId id) {
    ++outcome_.conflicts;
    bool is_new = false;
    for (;;) {
      const auto& fact = problem_.fact(id);
      if (fact.terms.empty() || (fact.terms.size() == 1 && fact.terms[0].package == 0)) {
        failure_ = id;
        return std::nullopt;
      }
      const auto satisfier = partial_.satisfier(fact);
      const auto& assignment = *satisfier.assignment;
      if (!assignment.cause || satisfier.previous_level < assignment.level) {
        for (const auto& term : fact.terms) ++trouble_[problem_.package(term.package).base];
        partial_.backtrack(satisfier.previous_level);
        if (is_new) problem_.enforce(id);
        return id;
      }
      id = problem_.add_step(problem_.resolvent(id, *assignment.cause, assignment.package));
      is_new = true;
    }
  }

  /// Chooses a version of some package that needs one; returns the package whose facts to propagate next.
  Result<std::optional<PackageId>> decide() {
    if (!partial_.decided(0)) return decide_root();
    prefetch();
    note_first();
    const auto next = most_urgent();
    if (!next) return std::nullopt;
    const auto& package = problem_.package(*next);
    if (package.base != *next && !tie_to_base(*next)) return next;
    const auto place = best(*next);
    ++outcome_.decisions;
    TRY_ASSIGN(const auto dependencies, dependencies_of(*next, place));
    const auto version = VersionSet::one(package.versions.size(), place);
    bool fits = true;
    if (dependencies.unusable) {
      problem_.add_unfit(*next, place, dependencies.unusable->text, advice_of(*dependencies.unusable));
      return next;
    }
    TRY_ASSIGN(const auto facts, require(*next, place, dependencies.requirements));
    for (const auto id : facts) fits = fits && fits_now(id, *next);
    if (fits) {
      partial_.decide(*next, version, place);
    } else {
      retreat(*next, facts);
    }
    return next;
  }

  /// A package of which version after version does not go with one that was decided before is decided before
  /// that one: else it would end in its oldest version although another choice keeps it new.
  void retreat(PackageId package, const std::vector<FactId>& facts) {
    constexpr std::size_t kMostRejections = 5;
    if (++rejections_[package] != kMostRejections) return;
    std::optional<std::size_t> level;
    std::size_t others = 0;
    for (const auto id : facts) {
      if (fits_now(id, package)) continue;
      for (const auto& term : problem_.fact(id).terms) {
        const auto decided = term.package == package ? std::nullopt : partial_.level_of(term.package);
        if (!decided || term.package == 0 || *decided <= 1) continue;
        level = std::max(level.value_or(0), *decided);
        const auto trouble = trouble_.find(problem_.package(term.package).base);
        if (trouble != trouble_.end()) others = std::max(others, trouble->second);
      }
    }
    if (!level) return;
    trouble_[problem_.package(package).base] = others + kConflictsAStep;
    partial_.backtrack(*level - 1);
  }

  Result<std::optional<PackageId>> decide_root() {
    TRY(require(0, 0, {requirements_.begin(), requirements_.end()}));
    partial_.decide(0, VersionSet::one(1, 0), 0);
    return 0;
  }

  /// True if a new fact allows the version of its package that is about to be decided.
  bool fits_now(FactId id, PackageId package) const {
    const auto& terms = problem_.fact(id).terms;
    return !std::all_of(terms.begin(), terms.end(), [&](const SetTerm& term) {
      const auto* known = partial_.known(term.package);
      return term.package == package || (known != nullptr && known->subset_of(term.set));
    });
  }

  void note_first() {
    for (; noted_ < problem_.size(); ++noted_) {
      if (provider_.comes_first(problem_.package(noted_).name)) first_.insert(noted_);
    }
  }

  /// Packages with one version left first, then those that the provider wants first, then those involved in
  /// conflicts, then in order of appearance.
  std::optional<PackageId> most_urgent() const {
    constexpr std::size_t kMostSteps = 100;
    std::optional<PackageId> best;
    std::tuple<bool, bool, std::size_t, PackageId> best_key;
    for (PackageId id = 1; id < problem_.size(); ++id) {
      const auto base = problem_.package(id).base;
      if (!partial_.pending(id) || (base != id && partial_.pending(base))) continue;
      const auto trouble = trouble_.find(base);
      const auto steps =
          trouble == trouble_.end() ? 0 : std::min(trouble->second / kConflictsAStep, kMostSteps);
      const std::tuple key(partial_.known(id)->count_versions() != 1, first_.count(base) == 0,
                           kMostSteps - steps, id);
      if (best && key >= best_key) continue;
      best = id;
      best_key = key;
    }
    return best;
  }

  /// The best version still possible.
  std::size_t best(PackageId id) const {
    const auto& order = problem_.package(problem_.package(id).base).order;
    const auto* known = partial_.known(id);
    return *std::find_if(order.begin(), order.end(), [&](std::size_t place) { return known->holds(place); });
  }

  /// Requires "a[x]" to have the same version as "a"; false if that is ruled out.
  bool tie_to_base(PackageId id) {
    const auto& package = problem_.package(id);
    const auto place = *partial_.decided(package.base);
    const auto version = VersionSet::one(package.versions.size(), place);
    if (tied_.insert({id, place}).second) {
      Incompatibility fact;
      fact.kind = Incompatibility::Kind::link;
      fact.terms = {{package.base, version},
                    {id, VersionSet::any_version(package.versions.size()) & ~version}};
      problem_.add(std::move(fact));
    }
    return *partial_.known(id) == version;
  }

  void prefetch() {
    std::vector<PackageVersion> versions;
    for (PackageId id = 1; id < problem_.size(); ++id) {
      const auto& package = problem_.package(id);
      if (package.base != id || !partial_.pending(id)) continue;
      for (const auto place : places_to_prefetch(id))
        versions.emplace_back(package.name, package.versions[place]);
    }
    if (!versions.empty()) provider_.prefetch_dependencies(versions);
  }

  /// The best version still possible, if it was not prefetched; where version after version was, more and
  /// more of the next ones as well, as each would else cost a round trip.
  std::vector<std::size_t> places_to_prefetch(PackageId id) {
    constexpr std::size_t kFewMisses = 3;
    constexpr std::size_t kMostDoublings = 5;
    const auto first = best(id);
    if (!prefetched_.insert({id, first}).second) return {};
    std::vector<std::size_t> places = {first};
    const auto misses = ++misses_[id];
    if (misses <= kFewMisses) return places;
    const auto most = std::size_t{1} << std::min(misses - kFewMisses + 1, kMostDoublings);
    const auto* known = partial_.known(id);
    for (const auto place : problem_.package(id).order) {
      if (places.size() == most) break;
      if (known->holds(place) && prefetched_.insert({id, place}).second) places.push_back(place);
    }
    return places;
  }

  /// For "a[x]", only the requirements that the extra adds.
  Result<Dependencies> dependencies_of(PackageId id, std::size_t place) {
    const auto& package = problem_.package(id);
    const auto& version = package.versions[place];
    if (package.extra.empty()) return provider_.dependencies(package.name, version, {});
    TRY_ASSIGN(const auto plain, provider_.dependencies(package.name, version, {}));
    TRY_ASSIGN(auto with_extra, provider_.dependencies(package.name, version, {package.extra}));
    std::set<std::string> known;
    for (const auto& requirement : plain.requirements) known.insert(requirement_text(requirement));
    std::erase_if(with_extra.requirements,
                  [&](const specs::Requirement& r) { return known.count(requirement_text(r)) != 0; });
    return with_extra;
  }

  /// Activates the requirements of a version; returns the new facts.
  Result<std::vector<FactId>> require(PackageId id, std::size_t place,
                                      const std::vector<specs::Requirement>& requirements) {
    std::vector<std::string> names;
    for (const auto& requirement : requirements) {
      if (!problem_.find(requirement.name, "")) names.push_back(requirement.name);
    }
    if (!names.empty()) provider_.prefetch_candidates(names);
    std::vector<FactId> facts;
    for (const auto& requirement : requirements) TRY(require(id, place, requirement, facts));
    return facts;
  }

  Result<void> require(PackageId id, std::size_t place, const specs::Requirement& requirement,
                       std::vector<FactId>& facts) {
    const auto text = requirement_text(requirement);
    TRY_ASSIGN(const auto other, package(requirement.name));
    const auto set = allowed(other, requirement.specifier);
    const auto keep = [&](std::optional<FactId> fact) {
      if (fact) facts.push_back(*fact);
    };
    if (set.empty()) {
      const auto why = provider_.absence(requirement.name, requirement.specifier);
      auto advice = advice_of(why);
      advice.lacks = requirement.name;
      if (id == 0) advice.asks = text;
      keep(problem_.add_unfit(id, place, fmt::format("requires {}, but {}", text, why.text),
                              std::move(advice)));
      return {};
    }
    keep(problem_.add_need(id, place, other, set, text));
    for (const auto& extra : requirement.extras) {
      keep(problem_.add_need(id, place, package_extra(other, extra), set, text));
    }
    return {};
  }

  Result<PackageId> package(const std::string& name) {
    if (const auto known = problem_.find(name, "")) return *known;
    TRY_ASSIGN(auto candidates, provider_.candidates(name));
    Package package;
    package.name = name;
    for (const auto& candidate : candidates) package.versions.push_back(candidate);
    std::sort(package.versions.begin(), package.versions.end());
    package.versions.erase(std::unique(package.versions.begin(), package.versions.end()),
                           package.versions.end());
    if (promoted_.count(name) == 0 && !provider_.takes_prereleases(name)) {
      std::stable_partition(candidates.begin(), candidates.end(),
                            [](const specs::Version& version) { return !version.is_prerelease(); });
    }
    for (const auto& candidate : candidates) {
      const auto at = std::lower_bound(package.versions.begin(), package.versions.end(), candidate);
      package.order.push_back(static_cast<std::size_t>(at - package.versions.begin()));
    }
    const auto id = problem_.add(std::move(package));
    for (const auto& bound : bounds_) {
      if (bound.package == name) apply(bound, id);
    }
    return id;
  }

  /// Rules out the versions that a bound does not allow.
  void apply(const Bound& bound, PackageId id) {
    auto& package = problem_.package(id);
    const auto set = matching(bound.specifier, package.versions);
    const auto any = VersionSet::any_version(package.versions.size());
    package.spelt.emplace(set, bound.specifier.text());
    if ((any & ~set).empty()) return;
    Incompatibility fact;
    fact.kind = Incompatibility::Kind::clause;
    fact.text = fmt::format("{} has {}", problem_.package(0).name, bound.text());
    if ((any & set).empty()) {
      const auto why = provider_.absence(bound.package, bound.specifier);
      fact.text += ", but " + why.text;
      fact.advice = advice_of(why);
    }
    fact.advice.asks = bound.text();
    fact.terms = {{0, VersionSet::one(1, 0)}, {id, any & ~set}};
    problem_.add(std::move(fact));
  }

  PackageId package_extra(PackageId base, const std::string& extra) {
    if (const auto known = problem_.find(problem_.package(base).name, extra)) return *known;
    Package package;
    package.name = problem_.package(base).name;
    package.extra = extra;
    package.base = base;
    package.versions = problem_.package(base).versions;
    const auto any = VersionSet::any_version(package.versions.size());
    const auto id = problem_.add(std::move(package));
    Incompatibility fact;
    fact.kind = Incompatibility::Kind::link;
    fact.terms = {{id, any}, {base, ~any}};
    problem_.add(std::move(fact));
    return id;
  }

  /// The versions that a requirement allows, by PEP 440's rule for pre-releases.
  VersionSet allowed(PackageId id, const specs::SpecifierSet& specifier) {
    auto& package = problem_.package(id);
    auto set = matching(specifier, package.versions);
    auto releases = set;
    for (std::size_t i = 0; i < package.versions.size(); ++i) {
      if (package.versions[i].is_prerelease())
        releases = releases & ~VersionSet::one(package.versions.size(), i);
    }
    const bool open = admitted_.count(package.name) != 0 || provider_.takes_prereleases(package.name);
    if (!open && releases != set) {
      if (specifier.wants_prereleases() || releases.empty()) {
        admitted_.insert(package.name);
        restart_ = restart_ || withheld_.count(id) != 0;
      } else {
        withheld_.insert(id);
        set = releases;
      }
    }
    package.spelt.emplace(set, specifier.text());
    return set;
  }

  std::map<std::string, Chosen> solution() const {
    std::map<std::string, Chosen> out;
    for (PackageId id = 1; id < problem_.size(); ++id) {
      const auto place = partial_.decided(id);
      if (!place) continue;
      const auto& package = problem_.package(id);
      const auto at = out.try_emplace(package.name, Chosen{package.versions[*place], {}}).first;
      if (!package.extra.empty()) at->second.extras.insert(package.extra);
    }
    return out;
  }

  Problem problem_;
  PartialSolution partial_;
  std::span<const specs::Requirement> requirements_;
  std::span<const Bound> bounds_;
  Provider& provider_;
  Admitted& admitted_;
  std::set<std::string> promoted_;               // pre-releases of these are named by the root
  std::set<PackageId> withheld_;                 // some of their sets exclude pre-releases
  std::set<PackageId> first_;                    // the provider wants these first
  PackageId noted_ = 1;                          // the provider was asked about all before
  std::map<PackageId, std::size_t> rejections_;  // versions that did not go with what was decided
  std::map<PackageId, std::size_t> trouble_;     // number of conflicts that involved a package
  std::set<std::pair<PackageId, std::size_t>> tied_;
  std::set<std::pair<PackageId, std::size_t>> prefetched_;
  std::map<PackageId, std::size_t>
      misses_;  // how often the best version of a package had not been prefetched
  std::optional<FactId> failure_;
  bool restart_ = false;
  Outcome outcome_;
};

}  // namespace

std::string Bound::text() const {
  return fmt::format("the {} {}{}", what, package, specifier.text());
}

Result<Outcome> solve(const std::string& root, std::span<const specs::Requirement> requirements,
                      Provider& provider, std::span<const Bound> bounds) {
  Admitted admitted;
  for (;;) {
    TRY_ASSIGN(auto outcome, Solver(root, requirements, provider, bounds, admitted).run());
    if (outcome) return *std::move(outcome);
  }
}

}  // namespace launch::resolve
