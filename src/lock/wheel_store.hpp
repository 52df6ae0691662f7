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

/// Content-addressed wheels, shared by all projects: ROOT/sha256/ab/abcd…/NAME.whl. Safe under concurrent use; a file
/// whose digest was not checked is never handed out.
class WheelStore {
 public:
  explicit WheelStore(std::filesystem::path root) : root_(std::move(root)) {}

  /// Where a wheel lies (or would lie).
  std::filesystem::path path_of(const LockedWheel& wheel) const;

  /// The path of a wheel whose digest was checked now; nothing when it is not there. A file that is there with other
  /// bytes is an error that names file, expected and got, and the file is left alone.
  Result<std::optional<std::filesystem::path>> find(const LockedWheel& wheel) const;

  struct Fetched {
    std::size_t present = 0;      ///< wheels that were there
    std::size_t downloaded = 0;
    std::uint64_t bytes = 0;      ///< that came over the wire
    std::vector<std::filesystem::path> paths;  ///< in the order of the wheels
  };
  /// Fills the store with what is missing. `base` resolves wheels that are named by path only (folder of the lock).
  Result<Fetched> fetch(std::span<const LockedWheel> wheels, const std::filesystem::path& base, net::HttpClient& http,
                        const net::DownloadProgress& progress, std::stop_token stop = {}) const;

  /// Takes a file in (by hard link or copy), checking its digest.
  Result<std::filesystem::path> add(const std::filesystem::path& file, const LockedWheel& wheel) const;

 private:
  std::filesystem::path root_;
};

}  // namespace launch::lock
