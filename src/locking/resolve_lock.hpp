#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/work.hpp"
#include "locking/explanation.hpp"
#include "locking/nightly.hpp"
#include "locking/remarks.hpp"
#include "locking/source_builder.hpp"
#include "net/http.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "project/site.hpp"
#include "store/store.hpp"

namespace launch::locking {

/// A nightly to use in place of the one that the recipe asks for.
struct OtherNight {
  std::optional<specs::Day> date;   ///< exactly this one
  std::optional<specs::Day> as_of;  ///< or the newest up to that day
};

struct LockRequest {
  project::Recipe recipe;
  std::optional<project::Lockfile>
      previous;  ///< its versions and files are kept while they fit, unless `upgrade`
  bool upgrade = false;
  std::set<std::string> upgrade_only = {};  ///< not kept (unless `upgrade`); others move only if they must
  std::optional<OtherNight> night = {};     ///< only with channel nightly
  std::optional<int> python_patch = {};  ///< the patch release of the interpreter; nullopt if it is not known
  SourceBuilder* builder = nullptr;      ///< for packages that may be built from source; null: none can be
  int glibc_minor = 0;  ///< of the base image's distribution (Debian 12: 36, Ubuntu 22.04: 35, 24.04: 39)
};

/// A version that was skipped because its wheel cannot be used: damaged, refused, or with other metadata.
struct RuledOut {
  std::string package;
  specs::Version version;
  std::string reason;
};

/// A package that was to be upgraded and has its version still.
struct Stayed {
  std::string package;
  specs::Version version;
  std::string reason;  ///< a sentence
};

struct LockResult {
  project::Lockfile lock;  ///< without provenance.base, which the image wing adds
  std::vector<PassedOver> passed_over;
  std::vector<RuledOut> ruled_out;
  Remarks remarks;
  std::vector<Stayed> stayed = {};  ///< of LockRequest::upgrade_only
  std::set<std::string> moved;  ///< names from the general index, as no version on the channel can be used
  std::uint64_t metadata_bytes = 0;  ///< that came over the wire for the wheels' metadata
};

/// Resolves a recipe for all its platforms. The lock's recipe digest is that of the recipe without
/// LockRequest::night if the chosen nightly is one that the recipe asks for, so that the lock is up to date.
/// Wheels without a sha256 on the index (nightlies) are downloaded into the store and hashed. Errors: (input)
/// requirements that cannot be met, with the explanation, or a package that no index has; (environment) an
/// index that does not answer, a stop.
Result<LockResult> resolve_lock(const LockRequest& request, const project::Site& site, net::HttpClient& http,
                                const store::Store& store, const Work& work);

/// Why a package is in the lock of that request, or not, and in its version. Downloads no wheels. Errors: as
/// above.
Result<Explanation> explain_lock(const LockRequest& request, const std::string& package,
                                 const project::Site& site, net::HttpClient& http, const store::Store& store,
                                 const Work& work);

}  // namespace launch::locking
