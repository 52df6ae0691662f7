#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "locking/lock_assembly.hpp"
#include "locking/target_provider.hpp"
#include "resolve/pubgrub.hpp"

namespace launch::locking {

/// The wheels and requirements of the versions that the solver chose for a target. Errors: those of
/// TargetProvider::dependencies.
Result<TargetSolution> solution_of(const std::map<std::string, resolve::Chosen>& chosen_versions,
                                   std::shared_ptr<TargetProvider> found_by, const LockTarget& target);

}  // namespace launch::locking
