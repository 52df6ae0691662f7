#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/work.hpp"
#include "locking/lock_assembly.hpp"
#include "net/http.hpp"
#include "project/lockfile.hpp"
#include "store/store.hpp"

namespace launch::locking {

/// What complete_wheels needs.
struct Completion {
  const project::Lockfile* previous = nullptr;  ///< its files keep their digests; null: there is none
  std::string recipe;                           ///< its name, for hints
  net::HttpClient& http;
  const store::Store& store;
  const Work& work;
};

/// A wheel that its server does not give out.
struct Refused {
  std::string package;
  specs::Version version;
  std::string reason;
};

/// Fills in what the index does not say: digests from the previous lock for files of the same name, else as
/// the store knows them, else by downloading the wheel into the store; sizes also by asking. Returns the
/// wheels that their servers refuse (403, 404, 410) or that are not what the index describes; none if all is
/// complete. Errors (environment): the index's, the
/// store's, and an index that claims another digest than the previous lock has for the same file name, a
/// stop.
Result<std::vector<Refused>> complete_wheels(std::vector<project::LockedPackage>& packages,
                                             const std::vector<TargetSolution>& solutions,
                                             const Completion& completion);

}  // namespace launch::locking
