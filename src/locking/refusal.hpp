#pragma once

#include <string>

#include "base/result.hpp"
#include "locking/lock_target.hpp"
#include "locking/package_source.hpp"
#include "resolve/conflict.hpp"

namespace launch::locking {

/// Why the requirements of something cannot be met on a target.
struct Refusal {
  const LockTarget* target = nullptr;
  resolve::Conflict conflict;
};

/// The explanation in at most 12 lines (the whole of it is in the log), and what a person could change: what
/// the recipe itself bounds, what its parts suggest, else an override. `whose`: "demo", "the build of a 1.0".
/// Of kind environment if it rests on a wheel of `source` that nobody can use, which is not the recipe's
/// fault; else input.
Error error_of(const Refusal& refusal, const std::string& whose, const PackageSource& source);

}  // namespace launch::locking
