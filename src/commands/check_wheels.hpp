#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/check.hpp"
#include "commands/context.hpp"
#include "probe/imported_modules.hpp"
#include "probe/lock_wheels.hpp"
#include "project/project.hpp"

namespace launch::commands {

/// The code to check, and the lock to check it against if there is one.
struct CheckSubject {
  std::vector<probe::ScanPath> paths;
  std::optional<project::LoadedLock> lock = {};
  std::vector<project::Recipe::Index> further = {};  ///< indexes of the lock's recipe
  std::string shown = {};                            ///< the lock's path, for messages
};

/// Finds the lock and the code of a request, without reading the code. Errors (input): as check; those of
/// load_locked and load_lock.
Result<CheckSubject> subject_of_check(const CheckRequest& request, const Context& context,
                                      const Workspace* workspace);

/// Finds locked wheels where the lock, the site and further indexes say that they are. The client outlives
/// the function.
probe::LocateWheel locate_in(const project::Provenance& provenance, const project::Site& site,
                             const std::vector<project::Recipe::Index>& further, net::HttpClient& http);

/// Modules of the scanned code, which are not looked up in wheels.
class OwnCode {
 public:
  OwnCode(const std::vector<probe::ScanPath>& paths, const probe::ImportedModules& imports,
          const Context& context);
  /// True if Python would find the top-level module in the code: beside a scanned file, or in a folder that
  /// is usually on its path.
  bool has(const std::string& root) const;
  /// True if some scanned file or folder has that name, wherever it is.
  bool has_named(const std::string& root) const { return names_.contains(root); }

 private:
  bool find(const std::string& root) const;

  std::vector<std::filesystem::path> tops_;    ///< folders that are usually on Python's path
  std::vector<std::filesystem::path> beside_;  ///< of scanned files, whose modules are scanned as well
  std::set<std::string, std::less<>> names_;
  mutable std::map<std::string, bool> known_;
};

}  // namespace launch::commands
