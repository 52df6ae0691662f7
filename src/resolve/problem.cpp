#include "resolve/problem.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::resolve {

std::string requirement_text(const specs::Requirement& requirement) {
  const std::vector<std::string> extras(requirement.extras.begin(), requirement.extras.end());
  return requirement.name + (extras.empty() ? "" : "[" + join(extras, ",") + "]") +
         requirement.specifier.text();
}

Problem::Problem(std::string root) {
  Package package;
  package.name = std::move(root);
  package.versions.push_back(*specs::Version::parse("0"));
  package.order.push_back(0);
  packages_.push_back(std::move(package));
  facts_of_.emplace_back();
}

std::optional<PackageId> Problem::find(const std::string& name, const std::string& extra) const {
  const auto at = ids_.find({name, extra});
  return at == ids_.end() ? std::nullopt : std::optional(at->second);
}

PackageId Problem::add(Package package) {
  const auto id = packages_.size();
  ids_[{package.name, package.extra}] = id;
  if (package.extra.empty()) package.base = id;
  packages_.push_back(std::move(package));
  facts_of_.emplace_back();
  return id;
}

namespace {

/// Sorts terms by package and merges those of the same package.
void normalize(std::vector<SetTerm>& terms) {
  std::stable_sort(terms.begin(), terms.end(),
                   [](const SetTerm& a, const SetTerm& b) { return a.package < b.package; });
  std::vector<SetTerm> joined;
  for (auto& term : terms) {
    if (!joined.empty() && joined.back().package == term.package) {
      joined.back().set = joined.back().set & term.set;
    } else {
      joined.push_back(std::move(term));
    }
  }
  terms = std::move(joined);
}

}  // namespace

FactId Problem::add_step(Incompatibility fact) {
  facts_.push_back(std::move(fact));
  return facts_.size() - 1;
}

void Problem::enforce(FactId id) {
  for (const auto& term : facts_[id].terms) facts_of_[term.package].push_back(id);
}

std::optional<FactId> Problem::add(Incompatibility fact) {
  normalize(fact.terms);
  const auto never = [](const SetTerm& term) { return term.set.empty(); };
  if (std::any_of(fact.terms.begin(), fact.terms.end(), never)) return std::nullopt;
  const auto id = add_step(std::move(fact));
  enforce(id);
  return id;
}

void Problem::retire(FactId id) {
  for (const auto& term : facts_[id].terms) std::erase(facts_of_[term.package], id);
}

/// Adds a fact about one version of the needer, its first term, or widens the same fact about others.
std::optional<FactId> Problem::add_merged(const Need& need, Incompatibility fact, std::size_t place) {
  const auto package = std::get<0>(need);
  auto versions = VersionSet::one(packages_[package].versions.size(), place);
  const auto known = needs_.find(need);
  if (known != needs_.end()) {
    const auto& terms = facts_[known->second].terms;
    const auto own =
        std::find_if(terms.begin(), terms.end(), [&](const SetTerm& t) { return t.package == package; });
    if (versions.subset_of(own->set)) return known->second;
    versions = versions | own->set;
  }
  const bool of_itself = fact.terms.size() == 2 && fact.terms[1].package == package;
  fact.terms.front() = {package, versions};
  const auto id = add(std::move(fact));
  if (id && !of_itself) {
    if (known != needs_.end()) retire(known->second);
    needs_[need] = *id;
  }
  return id;
}

std::optional<FactId> Problem::add_need(PackageId package, std::size_t place, PackageId other,
                                        const VersionSet& set, const std::string& text) {
  Incompatibility fact;
  fact.kind = Incompatibility::Kind::needs;
  fact.text = text;
  if (package == 0) fact.advice.asks = text;
  fact.terms = {{package, {}}, {other, ~set}};
  return add_merged({package, other, text}, std::move(fact), place);
}

std::optional<FactId> Problem::add_unfit(PackageId package, std::size_t place, const std::string& text,
                                         Advice advice) {
  Incompatibility fact;
  fact.kind = Incompatibility::Kind::unfit;
  fact.text = text;
  fact.advice = std::move(advice);
  fact.terms = {{package, {}}};
  return add_merged({package, package, text}, std::move(fact), place);
}

Incompatibility Problem::resolvent(FactId left, FactId right, PackageId package) const {
  Incompatibility fact;
  fact.left = left;
  fact.right = right;
  std::optional<VersionSet> either;
  for (const auto id : {left, right}) {
    for (const auto& term : facts_[id].terms) {
      if (term.package != package) {
        fact.terms.push_back(term);
      } else {
        either = either ? *either | term.set : term.set;
      }
    }
  }
  if (either && !either->everything()) fact.terms.push_back({package, *either});
  normalize(fact.terms);
  return fact;
}

std::string Problem::term_text(PackageId id, const VersionSet& versions, bool positive) const {
  const auto& package = packages_[id];
  if (id == 0) return package.name;
  const auto& spellings = packages_[package.base].spelt;
  const auto text = versions_text(versions, package.versions);
  if (positive && text.empty()) return "every version of " + package.label();
  const auto spelt = spellings.find(versions);
  const bool by_name = positive && versions.count_versions() == 1;
  if (spelt != spellings.end() && !by_name) return package.label() + spelt->second;
  const bool specifier = text.empty() || text.front() == '>' || text.front() == '<';
  return package.label() + (specifier ? "" : " ") + text;
}

Term Problem::shown(const SetTerm& term) const {
  Term out;
  out.positive = !term.set.holds_absence();
  out.root = term.package == 0;
  out.package = packages_[term.package].label();
  out.text = term_text(term.package, out.positive ? term.set : ~term.set, out.positive);
  return out;
}

Fact Problem::shown(const Incompatibility& fact) const {
  Fact out;
  out.advice = fact.advice;
  for (const auto& term : fact.terms) out.terms.push_back(shown(term));
  switch (fact.kind) {
    case Incompatibility::Kind::derived:
      out.kind = Fact::Kind::derived;
      break;
    case Incompatibility::Kind::link:
      out.kind = Fact::Kind::link;
      break;
    case Incompatibility::Kind::clause:
      out.text = fact.text;
      break;
    case Incompatibility::Kind::unfit:
      out.text = fmt::format("{} {}", out.terms.front().text, fact.text);
      break;
    case Incompatibility::Kind::needs: {
      const auto needer =
          std::find_if(out.terms.begin(), out.terms.end(), [](const Term& t) { return t.positive; });
      out.text = fmt::format("{} requires {}", needer->text, fact.text);
      break;
    }
  }
  return out;
}

Conflict Problem::proof(FactId last) const {
  // Causes are always older than their conclusions, so the numbers are a valid order for the proof.
  std::vector<bool> wanted(last + 1);
  wanted[last] = true;
  for (FactId id = last + 1; id-- > 0;) {
    if (!wanted[id] || facts_[id].kind != Incompatibility::Kind::derived) continue;
    wanted[facts_[id].left] = wanted[facts_[id].right] = true;
  }
  Conflict out;
  out.root = packages_[0].name;
  std::vector<std::size_t> place(last + 1);
  for (FactId id = 0; id <= last; ++id) {
    if (!wanted[id]) continue;
    place[id] = out.facts.size();
    out.facts.push_back(shown(facts_[id]));
    if (facts_[id].kind != Incompatibility::Kind::derived) continue;
    out.facts.back().left = place[facts_[id].left];
    out.facts.back().right = place[facts_[id].right];
  }
  return out;
}

}  // namespace launch::resolve
