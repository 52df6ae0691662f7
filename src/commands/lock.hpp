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
  bool upgrade = false;  ///< the newest versions, whatever the lock has
  bool offline = false;  ///< cached index pages only
};

struct LockDocument {
  project::Recipe recipe;
  std::string file;                           ///< the lock, as messages show it
  locking::LockResult resolution;             ///< with the base image
  bool is_new = false;                        ///< there was no lock
  std::optional<project::Lockfile> previous;  ///< nullopt if there was none that could be read
  bool changed = false;                       ///< the lock differs from the file that there was
  double seconds = 0;
};

/// Resolves a recipe and writes its lock unless that would be the same. Errors: those of load_recipe,
/// parse_lockfile (without `upgrade`), resolve_lock and choose_base; (world) the lock cannot be written; a
/// stop, after which nothing was written.
Result<LockDocument> lock(const LockRequest& request, const Context& context);

}  // namespace launch::commands
