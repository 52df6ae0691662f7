#include "probe/range.hpp"

#include <algorithm>
#include <utility>

#include "probe/judgement.hpp"
#include "pysource/requirement_names.hpp"
#include "specs/version.hpp"

namespace launch::probe {
namespace {

/// What a version has of what is needed.
struct Having {
  std::vector<Lack> lacks;
  std::size_t unknown = 0;  ///< names
};

Having having(const std::vector<NeededName>& names, const std::vector<pysource::Answer>& answers,
              GateContext context, Needs needs) {
  const auto is_needed = [&](const JudgedUse& use) {
    return needs == Needs::path || use.need() == pysource::Need::must;
  };
  Having found;
  for (const auto& name : judge(names, answers, std::move(context))) {
    const auto& uses = name.uses;
    const auto fails = std::find_if(uses.begin(), uses.end(),
                                    [&](const auto& use) { return use.fails() && is_needed(use); });
    if (fails != uses.end()) {
      found.lacks.push_back({name.requirement, name.answer.reason, fails->use});
    } else if (std::any_of(uses.begin(), uses.end(),
                           [&](const auto& use) { return use.is_open() && is_needed(use); })) {
      ++found.unknown;
    }
  }
  return found;
}

/// What gates are evaluated with for a version.
GateContext context_of(const Matrix& matrix, std::size_t version) {
  GateContext context{.symbols = matrix.symbols.get(), .calls = matrix.calls.get()};
  for (const auto* rows : {&matrix.rows, &matrix.questions}) {
    for (const auto& row : *rows) {
      context.facts.roots.insert(pysource::root_of(row.name.requirement));
    }
  }
  context.facts.versions[matrix.package] = matrix.versions[version].version;
  for (const auto& question : matrix.questions)
    context.facts.answers[question.name.requirement] = question.cells[version].verdict;
  return context;
}

DeclaredBound compared(const project::FoundRequirement& declared, const VersionRange& range) {
  DeclaredBound bound{declared.requirement.text(), declared.place, {}, {}};
  for (std::size_t i = 0; i < range.matrix.versions.size(); ++i) {
    const auto version = specs::Version::parse(range.matrix.versions[i].version);
    const bool allows = version && declared.requirement.specifier.matches(*version);
    const bool lacks = !range.lacks[i].empty();
    if (allows && lacks) bound.lacking.push_back(i);
    if (!allows && !lacks) bound.refused.push_back(i);
  }
  return bound;
}

}  // namespace

bool VersionRange::fails() const {
  return allowed.empty() || std::any_of(declared.begin(), declared.end(),
                                        [](const DeclaredBound& each) { return !each.lacking.empty(); });
}

VersionRange range_of(Matrix matrix, Needs needs, const std::vector<project::FoundRequirement>& declared,
                      const std::stop_token& stop) {
  VersionRange range;
  std::vector<NeededName> names;
  names.reserve(matrix.rows.size());
  for (const auto& row : matrix.rows) names.push_back(row.name);
  for (std::size_t i = 0; i < matrix.versions.size() && !stop.stop_requested(); ++i) {
    std::vector<pysource::Answer> answers;
    answers.reserve(matrix.rows.size());
    for (const auto& row : matrix.rows) answers.push_back(row.cells[i]);
    auto found = having(names, answers, context_of(matrix, i), needs);
    range.lacks.push_back(std::move(found.lacks));
    range.unknown.push_back(found.unknown);
    if (!range.lacks.back().empty()) continue;
    if (!range.allowed.empty() && range.allowed.back().last + 1 == i) {
      range.allowed.back().last = i;
    } else {
      range.allowed.push_back({i, i});
    }
  }
  range.matrix = std::move(matrix);
  if (stop.stop_requested()) return range;
  for (const auto& each : declared) range.declared.push_back(compared(each, range));
  return range;
}

}  // namespace launch::probe
