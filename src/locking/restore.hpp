#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "base/work.hpp"
#include "locking/locate.hpp"
#include "locking/source_builder.hpp"
#include "net/http.hpp"
#include "project/lockfile.hpp"
#include "store/store.hpp"

namespace launch::locking {

/// What restoring needs from outside.
struct RestoreOutside {
  const Origins& origins;
  net::HttpClient& http;
  const store::Store& store;
  const Work& work;
  SourceBuilder* builder = nullptr;  ///< null: nothing can be built
};

/// Brings the wheel of a package that was built from source into the store, if neither the store nor the
/// lock's folder has it: from an index or find-links, else by building it again as its record says.
/// `lock_folder`: empty if unknown. Errors: (environment) the wheel is for another machine; those of
/// SourceBuilder::build; (environment) what the build needs cannot be fetched; the bytes differ from those in
/// the lock.
Result<void> restore_built(const project::LockedPackage& package, const std::filesystem::path& lock_folder,
                           const RestoreOutside& outside);

}  // namespace launch::locking
