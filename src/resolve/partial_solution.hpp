#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "resolve/problem.hpp"

namespace launch::resolve {

/// Decisions and their consequences, in order.
class PartialSolution {
 public:
  struct Assignment {
    PackageId package = 0;
    VersionSet set;
    std::optional<FactId> cause;  ///< none: decided
    std::size_t level = 0;        ///< decisions up to here, this one included
  };

  enum class Relation { satisfied, contradicted, almost, open };

  std::size_t level() const { return level_; }
  /// What is known of a package; null if nothing.
  const VersionSet* known(PackageId package) const;
  std::optional<std::size_t> decided(PackageId package) const;
  /// The level at which a package was decided; nullopt if it is not.
  std::optional<std::size_t> level_of(PackageId package) const;
  /// True if some version must be chosen, but none is decided yet.
  bool pending(PackageId package) const;

  void decide(PackageId package, const VersionSet& version, std::size_t place);
  void derive(PackageId package, VersionSet set, FactId cause);
  void backtrack(std::size_t level);

  /// The state of a fact: all its terms true, one false, all but one true (`open_term` is its position), or
  /// none of these.
  Relation relation(const Incompatibility& fact, std::size_t& open_term) const;

  /// The assignment that satisfied a fact, and the level at which the rest of the fact was already satisfied.
  struct Satisfier {
    const Assignment* assignment = nullptr;
    std::size_t previous_level = 1;
  };
  Satisfier satisfier(const Incompatibility& fact) const;

 private:
  struct Step {
    std::size_t assignment;
    VersionSet known;  // with all assignments of the package up to this one
  };
  void push(Assignment assignment);

  std::vector<Assignment> assignments_;
  std::vector<std::vector<Step>> steps_;             // by package
  std::vector<std::optional<std::size_t>> decided_;  // by package
  std::size_t level_ = 0;
};

}  // namespace launch::resolve
