#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "commands/context.hpp"
#include "probe/search.hpp"

namespace launch::commands {

/// What is known of trying a version.
struct KnownTrial {
  std::vector<int> codes = {};           ///< exit codes of its runs
  std::string skipped = {};              ///< why it cannot be tried; empty: it can
  std::vector<std::string> output = {};  ///< the last lines of its last run

  /// What two runs agree on; untried until then. A run that exits with 125 skips the version, as for `git
  /// bisect`.
  probe::Trial trial() const;
  bool is_begun() const { return !codes.empty() || !skipped.empty(); }
  /// Some runs worked and others failed.
  bool disagrees() const;
};

/// The trials of one search, kept in the state folder, so that an interrupted search goes on where it was.
class TrialState {
 public:
  /// `search` says everything that the trials depend on. Errors (environment): the folder cannot be created.
  /// What cannot be read counts as nothing.
  static Result<TrialState> open(const Workspace& workspace, const std::string& recipe,
                                 const std::string& search, Disk& disk);

  /// The folder of a candidate's lock: it takes the place of the project's lockfiles/.
  std::filesystem::path folder_of(const std::string& version) const;
  const KnownTrial& known(const std::string& version) const;
  /// Errors (environment): it cannot be written.
  Result<void> remember(const std::string& version, KnownTrial trial);
  /// The image of the candidate that is tried; still there after the search was killed.
  const std::optional<Digest>& image() const { return image_; }
  /// Errors (environment): it cannot be written.
  Result<void> set_image(std::optional<Digest> image);
  /// Forgets all trials, and removes the locks. Errors (environment).
  Result<void> forget();
  /// Removes the locks alone. Errors (environment).
  Result<void> forget_locks();

 private:
  TrialState(std::filesystem::path folder, Disk& disk) : folder_(std::move(folder)), disk_(&disk) {}
  void read();
  Result<void> write() const;

  std::filesystem::path folder_;
  Disk* disk_;
  std::map<std::string, KnownTrial, std::less<>> trials_;
  std::optional<Digest> image_;
};

}  // namespace launch::commands
