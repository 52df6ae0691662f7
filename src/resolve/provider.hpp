#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "python/requirement.hpp"
#include "python/version.hpp"

namespace launch::resolve {

/// A version that can be chosen, with what makes it unfit left out already.
struct Candidate {
  python::Version version;
};

/// What the solver asks about packages; the lock floor answers from an index, tests from a table.
class Provider {
 public:
  virtual ~Provider() = default;

  /// All versions of a package that could be taken, best first (newest, then pre-releases by policy). An unknown
  /// package has none. Errors (world): the index could not be asked.
  virtual Result<std::vector<Candidate>> candidates(const std::string& package) = 0;

  /// Why a package has no candidates at all ("the index does not have it", "no wheel fits …"); for explanations.
  virtual std::string absence(const std::string& package) = 0;

  /// What that version requires, markers and extras already evaluated for the target. `extras` are asked for.
  virtual Result<std::vector<python::Requirement>> dependencies(const std::string& package,
                                                                const python::Version& version,
                                                                const std::set<std::string>& extras) = 0;

  /// Packages that will probably be asked for next; a provider may fetch them side by side.
  virtual void prefetch(std::span<const std::string> packages) = 0;
};

}  // namespace launch::resolve
