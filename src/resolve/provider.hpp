#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "specs/requirement.hpp"
#include "specs/specifier.hpp"
#include "specs/version.hpp"

namespace launch::resolve {

/// Why a version or a package cannot be used.
struct Reason {
  std::string text;          ///< a clause
  std::string way_out = {};  ///< what would help, an imperative; empty: nothing that is known
  bool ruled_out = false;    ///< there is such a version, and the provider itself rules it out for now
};

/// The requirements of a version, or why it cannot be used after all (its metadata excludes the target, or is
/// broken).
struct Dependencies {
  std::vector<specs::Requirement> requirements;  ///< markers and extras already evaluated for the target
  std::optional<Reason> unusable;                ///< what is said of the version: "needs Python >=3.13"
};

using PackageVersion = std::pair<std::string, specs::Version>;

/// What the solver asks about packages; `locking` answers from an index, tests from a table.
class Provider {
 public:
  virtual ~Provider() = default;

  /// All candidate versions of a package, best first; none for an unknown package. Includes pre-releases,
  /// which the solver filters according to PEP 440. Errors (environment): the index could not be queried.
  virtual Result<std::vector<specs::Version>> candidates(const std::string& package) = 0;

  /// True if pre-releases of this package are as good as releases (a nightly channel serves it).
  virtual bool takes_prereleases(const std::string& package) = 0;

  /// True for a package whose version is chosen before those of others, as soon as something needs it.
  virtual bool comes_first(const std::string& /*package*/) const { return false; }

  /// Why no candidate of a package fits `wanted`, as a clause: "the index has no project named x", "the
  /// newest b is 4.2", "torch 2.3.0 has wheels for cp38 to cp312, none for cp313".
  virtual Reason absence(const std::string& package, const specs::SpecifierSet& wanted) = 0;

  /// The requirements of that version with these `extras` (PEP 508; an unknown extra adds nothing). Errors
  /// (environment): the index could not be queried.
  virtual Result<Dependencies> dependencies(const std::string& package, const specs::Version& version,
                                            const std::set<std::string>& extras) = 0;

  /// Packages whose candidates will be requested next; a provider may fetch them in parallel.
  virtual void prefetch_candidates(std::span<const std::string> packages) = 0;
  /// Versions whose dependencies will probably be requested next.
  virtual void prefetch_dependencies(std::span<const PackageVersion> versions) = 0;
};

}  // namespace launch::resolve
