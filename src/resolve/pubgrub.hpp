#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "base/result.hpp"
#include "resolve/conflict.hpp"
#include "resolve/provider.hpp"
#include "specs/requirement.hpp"

namespace launch::resolve {

struct Chosen {
  specs::Version version;
  std::set<std::string> extras;  ///< that something asked for
};

/// The versions that meet the requirements, or the proof that there are none.
struct Outcome {
  std::optional<std::map<std::string, Chosen>> solution;  ///< by package name
  Conflict conflict;                                      ///< when there is no solution
  std::size_t decisions = 0;                              ///< versions tried
  std::size_t conflicts = 0;                              ///< conflicts learnt from
};

/// Finds versions by PubGrub (Weizenbaum 2018: unit propagation, learning from conflicts, backjumping).
/// Complete: it answers "none" only where there are none. Deterministic. A pre-release is taken only when the
/// provider takes them, or some requirement that was met names one or has nothing else (PEP 440), and comes
/// last unless the root names one. `root` is the name that explanations use for whoever has the requirements.
/// Errors: the provider's.
Result<Outcome> solve(const std::string& root, std::span<const specs::Requirement> requirements,
                      Provider& provider);

}  // namespace launch::resolve
