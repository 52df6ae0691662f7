#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "resolve/conflict.hpp"
#include "resolve/provider.hpp"
#include "specs/requirement.hpp"

namespace launch::resolve {

struct Chosen {
  specs::Version version;
  std::set<std::string> extras;  ///< requested by some requirement
};

/// A bound that asks for nothing: if the package is chosen, then in one of these versions.
struct Bound {
  std::string package;
  specs::SpecifierSet specifier;
  std::string_view what;  ///< for explanations: "constraint"

  /// "the constraint numpy<2.3"
  std::string text() const;
};

/// Versions that meet the requirements, or a proof that none exist.
struct Outcome {
  std::optional<std::map<std::string, Chosen>> solution;  ///< by package name
  Conflict conflict;                                      ///< when there is no solution
  std::size_t decisions = 0;                              ///< versions tried
  std::size_t conflicts = 0;                              ///< conflicts learnt from
};

/// Finds versions by PubGrub (Weizenbaum 2018: unit propagation, learning from conflicts, backjumping).
/// Complete: it finds a solution if one exists. Deterministic. Pre-releases are used only if the provider
/// takes them, or if some requirement names one or matches nothing else (PEP 440), and come last unless the
/// root or a bound names one. `root` is the name of the requirements' owner in explanations. Errors: the
/// provider's.
Result<Outcome> solve(const std::string& root, std::span<const specs::Requirement> requirements,
                      Provider& provider, std::span<const Bound> bounds = {});

}  // namespace launch::resolve
