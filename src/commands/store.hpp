#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "store/store.hpp"

namespace launch::commands {

struct StoreListDocument {
  std::string folder;  ///< of the store
  store::Contents contents;
};

/// What the site's store holds. Errors: those of load_site, Store::open and Store::list.
Result<StoreListDocument> list_store(const Context& context);

struct StoreVerifyDocument {
  std::string folder;
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<store::Damage> damaged = {};
  double seconds = 0;
};

/// Hashes every file of the store. Errors: as above; a stop.
Result<StoreVerifyDocument> verify_store(const Context& context);

struct StoreGcRequest {
  int unused_days = 30;  ///< what was used within these days stays
  bool dry_run = false;  ///< remove nothing
};

struct StoreGcDocument {
  std::string folder;
  store::Collected collected = {};
  std::vector<std::string> locks = {};  ///< whose files stay
};

/// Removes files that no lock known to the store names and that were not used for some days. Errors: as
/// above; (input) such a lock cannot be read, so that what it needs is not known: nothing is removed then.
Result<StoreGcDocument> collect_store(const StoreGcRequest& request, const Context& context);

}  // namespace launch::commands
