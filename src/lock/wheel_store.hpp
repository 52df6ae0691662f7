#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "lock/lockfile.hpp"
#include "net/http.hpp"

namespace launch::lock {

/// Content-addressed wheels, shared by all projects: ROOT/sha256/ab/abcd…/NAME.whl. Safe under concurrent
/// use; a file whose digest was not checked is never handed out: every file is hashed each time it is asked
/// for.
class WheelStore {
 public:
  explicit WheelStore(std::filesystem::path root) : root_(std::move(root)) {}

  /// Where a wheel lies (or would lie).
  std::filesystem::path path_of(const LockedWheel& wheel) const;

  /// The path of a wheel whose digest was checked now; nothing when it is not there. A file that is there
  /// with other bytes is an error (world) that names file, expected and got, and the file is left alone.
  Result<std::optional<std::filesystem::path>> find(const LockedWheel& wheel) const;
  /// The same for many, hashed side by side; answers in the order of the wheels.
  Result<std::vector<std::optional<std::filesystem::path>>> find_all(
      std::span<const LockedWheel> wheels) const;

  struct Fetched {
    std::size_t present = 0;  ///< wheels that were there, in the store or beside the lock
    std::size_t downloaded = 0;
    std::uint64_t bytes = 0;                   ///< that came over the wire
    std::vector<std::filesystem::path> paths;  ///< in the order of the wheels
  };
  /// Fills the store with what is missing, waiting for other processes that are fetching the same wheel.
  /// `base` is the folder of the lock, where wheels that are named by path may lie already. What was fetched
  /// before an error stays. Errors (world): those of find, of the download, a wheel that has no URL and lies
  /// nowhere.
  Result<Fetched> fetch(std::span<const LockedWheel> wheels, const std::filesystem::path& base,
                        net::HttpClient& http, const net::DownloadProgress& progress,
                        const std::stop_token& stop = {}) const;

  /// Takes a file in (by hard link or copy), checking its digest. Errors (world): it cannot be read, other
  /// bytes.
  Result<std::filesystem::path> add(const std::filesystem::path& file, const LockedWheel& wheel) const;

 private:
  std::filesystem::path root_;
};

/// Makes `to` the same file as `from`, by hard link where that can be, else by copy; never half-written. What
/// was there before is replaced. Errors (world).
Result<void> place_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace launch::lock
