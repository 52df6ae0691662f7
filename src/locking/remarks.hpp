#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "locking/lock_assembly.hpp"
#include "locking/source_only.hpp"
#include "specs/version.hpp"

namespace launch::locking {

/// A locked version that its index has withdrawn.
struct Yanked {
  std::string package;
  specs::Version version;
  std::string reason;  ///< may be empty
};

/// An extra that somebody asks for and the locked version does not have.
struct UnknownExtra {
  std::string package;
  specs::Version version;
  std::string extra;
  std::vector<std::string> known;  ///< the extras that it has
};

/// What a person should know of the locked versions.
struct Remarks {
  std::vector<SourceOnly> source_only;
  std::vector<HeldBack> held_back;
  std::vector<Yanked> yanked;
  std::vector<UnknownExtra> unknown_extras;
};

/// Each once, whatever the number of targets. Errors: those of TargetProvider::versions and metadata.
Result<Remarks> remarks_on(const std::vector<TargetSolution>& solutions);

}  // namespace launch::locking
