#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "locking/resolve_lock.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "project/verification.hpp"

namespace launch::commands {

struct LockRequest {
  std::string recipe;                             ///< name or path
  bool write = true;                              ///< else the document says what would be written
  bool upgrade = false;                           ///< ignore the versions of the existing lock
  bool offline = false;                           ///< cached index pages only
  std::vector<std::string> upgrade_only = {};     ///< packages that are not kept, unless `upgrade`
  std::optional<locking::OtherNight> night = {};  ///< in place of the recipe's
  std::optional<specs::Version> torch = {};       ///< only this release, within what the recipe allows; not
                                                  ///< with `write`
  bool images = false;  ///< record the digests of its images, and fetch what is missing for that
};

struct LockDocument {
  project::Recipe recipe;
  std::string file;                                    ///< the lock, as messages show it
  locking::LockResult resolution;                      ///< with the base image
  bool is_new = false;                                 ///< there was no lock
  std::optional<project::Lockfile> previous;           ///< nullopt if there was no readable one
  bool changed = false;                                ///< the lock differs from the existing file
  std::optional<project::Verification> verified = {};  ///< of the lock in the file; nullopt: it is not
  bool is_asked_for = true;                            ///< the nightly is one that the recipe asks for
  bool new_images = false;                             ///< the digests of its images were recorded now
  std::optional<Error> image_error = {};  ///< why the digests of its images were not recorded, though wanted
  bool lost_images = false;               ///< it named its images before, and does not any more
  double seconds = 0;
};

/// Resolves a recipe and writes its lock unless it is unchanged. Errors: those of load_recipe,
/// parse_lockfile (without `upgrade`), resolve_lock, choose_base and, with `images`, digests_of_images;
/// (input) a package to upgrade that is neither in the lock nor in the recipe; another night for a recipe
/// without the channel nightly; (environment) the lock cannot be written; a stop, after which nothing was
/// written.
Result<LockDocument> lock(const LockRequest& request, const Context& context);

struct ExplainDocument {
  std::string recipe;  ///< its name
  locking::Explanation explanation;
  std::optional<std::string> did_you_mean;  ///< a locked package, if this one is not needed
};

/// Says why a package is in the lock of that request, or why not. Writes nothing. Errors: as above.
Result<ExplainDocument> explain(const LockRequest& request, const std::string& package,
                                const Context& context);

}  // namespace launch::commands
