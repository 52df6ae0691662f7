#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "net/http.hpp"
#include "specs/url.hpp"

namespace launch::store {

/// A file that is wanted by its digest.
struct Artifact {
  std::string name;  ///< of the file: "torch-2.5.0+cu121-cp311-cp311-linux_x86_64.whl"
  Digest sha256;
  std::uint64_t size = 0;              ///< bytes; 0 when it is not known
  std::optional<specs::Url> url = {};  ///< where it can be downloaded, or a file of this machine
  std::optional<std::filesystem::path> beside = {};  ///< a place on this machine where it may lie already
};

/// Content-addressed wheels, shared by all projects: ROOT/sha256/ab/abcd…/NAME.whl. Safe under concurrent
/// use; a file whose digest was not checked is never handed out: every file is hashed each time it is asked
/// for.
class WheelStore {
 public:
  explicit WheelStore(std::filesystem::path root) : root_(std::move(root)) {}

  /// Where a wheel lies (or would lie).
  std::filesystem::path path_of(const Artifact& wanted) const;

  /// The path of a wheel whose digest was checked now; nothing when it is not there. A file that is there
  /// with other bytes is an error (environment) that names file, expected and got, and the file is left
  /// alone.
  Result<std::optional<std::filesystem::path>> find(const Artifact& wanted) const;
  /// The same for many, hashed side by side; answers in the order of the wheels.
  Result<std::vector<std::optional<std::filesystem::path>>> find_all(std::span<const Artifact> wanted) const;

  struct Fetched {
    std::size_t present = 0;  ///< wheels that were there, in the store or beside the lock
    std::size_t downloaded = 0;
    std::uint64_t bytes = 0;                   ///< that came over the wire
    std::vector<std::filesystem::path> paths;  ///< in the order of the wheels
  };
  /// Fills the store with what is missing, waiting for other processes that are fetching the same wheel.
  /// What was fetched before an error stays. Errors (environment): those of find, of the download, a wheel
  /// that has no URL and lies nowhere.
  Result<Fetched> fetch(std::span<const Artifact> wanted, net::HttpClient& http, const Work& work) const;

  /// Takes a file in (by hard link or copy), checking its digest. Errors (environment): it cannot be read,
  /// other bytes.
  Result<std::filesystem::path> add(Disk& disk, const std::filesystem::path& file,
                                    const Artifact& wanted) const;

 private:
  std::filesystem::path root_;
};

/// Makes `to` the same file as `from`, by hard link where that can be, else by copy; never half-written. What
/// was there before is replaced. Errors (environment).
Result<void> place_file(Disk& disk, const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace launch::store
