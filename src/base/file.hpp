#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace launch {

/// "cannot read /a/b: No such file or directory" (environment), with a hint where the disk is full.
Error io_error(std::string_view verb, const std::filesystem::path& path, int error_number);

/// The whole file. Errors (environment): it cannot be read, or holds more than `most` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t most = std::uint64_t{1} << 30);

/// Whether a file must outlast a crash of the machine. What proves itself by a digest when it is read need
/// not.
enum class Flush { yes, no };

/// Writes beside the place, flushes, renames: readers see the old content or the new, never half. Makes the
/// folder. Errors (environment): disk full or not permitted; the old file is then untouched and nothing is
/// left over.
Result<void> write_file(Disk& disk, const std::filesystem::path& path, std::string_view content,
                        unsigned mode = 0644, Flush flush = Flush::yes);

/// Makes a folder and its parents. Errors (environment).
Result<void> make_folder(Disk& disk, const std::filesystem::path& path);

/// Several may hold a shared lock at a time, or one an exclusive one.
enum class LockMode { exclusive, shared };

/// An advisory lock (flock) between processes, held until the object is destroyed. The lock file stays.
class FileLock {
 public:
  /// Waits for the lock. Errors (environment): the lock file cannot be made.
  static Result<FileLock> acquire(Disk& disk, const std::filesystem::path& path);
  /// The same without waiting; nullopt if another has it.
  static Result<std::optional<FileLock>> try_acquire(Disk& disk, const std::filesystem::path& path,
                                                     LockMode mode = LockMode::exclusive);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace launch
