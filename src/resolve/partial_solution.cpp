#include "resolve/partial_solution.hpp"

#include <algorithm>

namespace launch::resolve {

const VersionSet* PartialSolution::known(PackageId package) const {
  return package < steps_.size() && !steps_[package].empty() ? &steps_[package].back().known : nullptr;
}

std::optional<std::size_t> PartialSolution::decided(PackageId package) const {
  return package < decided_.size() ? decided_[package] : std::nullopt;
}

std::optional<std::size_t> PartialSolution::level_of(PackageId package) const {
  if (!decided(package)) return std::nullopt;
  for (const auto& step : steps_[package]) {
    const auto& assignment = assignments_[step.assignment];
    if (!assignment.cause) return assignment.level;
  }
  return std::nullopt;
}

bool PartialSolution::pending(PackageId package) const {
  const auto* set = known(package);
  return set != nullptr && !set->holds_absence() && !decided(package);
}

void PartialSolution::push(Assignment assignment) {
  if (assignment.package >= steps_.size()) {
    steps_.resize(assignment.package + 1);
    decided_.resize(assignment.package + 1);
  }
  auto& steps = steps_[assignment.package];
  auto known = steps.empty() ? assignment.set : steps.back().known & assignment.set;
  steps.push_back({assignments_.size(), std::move(known)});
  assignments_.push_back(std::move(assignment));
}

void PartialSolution::decide(PackageId package, const VersionSet& version, std::size_t place) {
  push({package, version, std::nullopt, ++level_});
  decided_[package] = place;
}

void PartialSolution::derive(PackageId package, VersionSet set, FactId cause) {
  push({package, std::move(set), cause, level_});
}

void PartialSolution::backtrack(std::size_t level) {
  while (!assignments_.empty() && assignments_.back().level > level) {
    const auto& last = assignments_.back();
    steps_[last.package].pop_back();
    if (!last.cause) decided_[last.package].reset();
    assignments_.pop_back();
  }
  level_ = level;
}

PartialSolution::Relation PartialSolution::relation(const Incompatibility& fact,
                                                    std::size_t& open_term) const {
  std::size_t open = 0;
  for (std::size_t i = 0; i < fact.terms.size(); ++i) {
    const auto* set = known(fact.terms[i].package);
    if (set != nullptr && set->disjoint_from(fact.terms[i].set)) return Relation::contradicted;
    if (set != nullptr && set->subset_of(fact.terms[i].set)) continue;
    ++open;
    open_term = i;
  }
  if (open == 0) return Relation::satisfied;
  return open == 1 ? Relation::almost : Relation::open;
}

PartialSolution::Satisfier PartialSolution::satisfier(const Incompatibility& fact) const {
  // For each term, the first assignment that made it true; the last of these satisfied the fact.
  std::vector<std::size_t> first(fact.terms.size());
  for (std::size_t i = 0; i < fact.terms.size(); ++i) {
    const auto& steps = steps_[fact.terms[i].package];
    const auto at = std::find_if(steps.begin(), steps.end(),
                                 [&](const Step& step) { return step.known.subset_of(fact.terms[i].set); });
    first[i] = at->assignment;
  }
  const auto last = static_cast<std::size_t>(std::max_element(first.begin(), first.end()) - first.begin());
  Satisfier out;
  out.assignment = &assignments_[first[last]];
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (i != last) out.previous_level = std::max(out.previous_level, assignments_[first[i]].level);
  }
  // The satisfier alone may not imply the term: then an earlier assignment of its package contributed.
  const auto& own = out.assignment->set;
  const auto& wanted = fact.terms[last].set;
  if (own.subset_of(wanted)) return out;
  for (const auto& step : steps_[fact.terms[last].package]) {
    if (!(step.known & own).subset_of(wanted)) continue;
    out.previous_level = std::max(out.previous_level, assignments_[step.assignment].level);
    break;
  }
  return out;
}

}  // namespace launch::resolve
