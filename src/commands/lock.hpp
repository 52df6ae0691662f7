#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "locking/resolve_lock.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"

namespace launch::commands {

struct LockRequest {
  std::string recipe;    ///< name or path
  bool write = true;     ///< else the document says what would be written
  bool upgrade = false;  ///< ignore the versions of the existing lock
  bool offline = false;  ///< cached index pages only
};

struct LockDocument {
  project::Recipe recipe;
  std::string file;                           ///< the lock, as messages show it
  locking::LockResult resolution;             ///< with the base image
  bool is_new = false;                        ///< there was no lock
  std::optional<project::Lockfile> previous;  ///< nullopt if there was no readable one
  bool changed = false;                       ///< the lock differs from the existing file
  double seconds = 0;
};

/// Resolves a recipe and writes its lock unless it is unchanged. Errors: those of load_recipe,
/// parse_lockfile (without `upgrade`), resolve_lock and choose_base; (environment) the lock cannot be
/// written; a stop, after which nothing was written.
Result<LockDocument> lock(const LockRequest& request, const Context& context);

}  // namespace launch::commands
