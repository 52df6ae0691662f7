#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "locking/nightly.hpp"
#include "net/http.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "project/site.hpp"
#include "store/wheel_store.hpp"

namespace launch::locking {

struct LockRequest {
  project::Recipe recipe;
  std::optional<project::Lockfile>
      previous;  ///< its versions and files are kept while they fit, unless `upgrade`
  bool upgrade = false;
  int glibc_minor = 0;  ///< of the base image's distribution (Debian 12: 36, Ubuntu 22.04: 35, 24.04: 39)
};

struct LockResult {
  project::Lockfile lock;  ///< without provenance.base, which the image wing adds
  std::vector<PassedOver> passed_over;
  std::uint64_t metadata_bytes = 0;  ///< that came over the wire for the wheels' metadata
};

/// Tells a person what is going on: "resolving", "hashing torch-….whl".
using LockProgress = std::function<void(const std::string& what)>;

/// Resolves a recipe for all its platforms. A wheel that the index gives no sha256 for (nightlies) is
/// downloaded into the store and hashed. Errors: (usage) an impossible set of requirements, with the
/// explanation, or a package that no index has; (world) an index that does not answer, a stop.
Result<LockResult> resolve_lock(const LockRequest& request, const project::Site& site, net::HttpClient& http,
                                const store::WheelStore& store, const LockProgress& progress,
                                const std::stop_token& stop = {});

}  // namespace launch::locking
