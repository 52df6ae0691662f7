#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/work.hpp"

namespace launch {

/// "cannot read /a/b: No such file or directory" (environment), with a hint if the disk is full.
Error io_error(std::string_view verb, const std::filesystem::path& path, int error_number);

/// The whole file. Errors (environment): it cannot be read, or is larger than `most` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t most = std::uint64_t{1} << 30);

/// "PATH INODE SIZE TIME": other text once the file was replaced or written. nullopt if it cannot be looked
/// at.
std::optional<std::string> state_of_file(const std::filesystem::path& path);

/// Whether a file must survive a crash of the machine. A file whose digest is checked on reading need not.
enum class Flush { yes, no };

/// Writes to a temporary file next to the path, flushes and renames: readers see the old content or the new,
/// never half. Creates the folder. Errors (environment): disk full or permission denied; the old file is then
/// unchanged and the temporary file removed.
Result<void> write_file(Disk& disk, const std::filesystem::path& path, std::string_view content,
                        unsigned mode = 0644, Flush flush = Flush::yes);

/// Creates a folder and its parents. Errors (environment).
Result<void> make_folder(Disk& disk, const std::filesystem::path& path);

/// Several may hold a shared lock at a time, or one an exclusive one.
enum class LockMode { exclusive, shared };

/// An advisory lock (flock) between processes, held until the object is destroyed. The lock file stays.
class FileLock {
 public:
  /// Waits for the lock. Errors (environment): the lock file cannot be created.
  static Result<FileLock> acquire(Disk& disk, const std::filesystem::path& path);
  /// The same without waiting; nullopt if another process holds it.
  static Result<std::optional<FileLock>> try_acquire(Disk& disk, const std::filesystem::path& path,
                                                     LockMode mode = LockMode::exclusive);
  /// Waits until a stop is requested. If another process holds the lock, reports `note` once, unless it is
  /// empty. Errors (environment): the lock file cannot be created; a stop, with the message `stopped`.
  static Result<FileLock> wait(const Work& work, const std::filesystem::path& path, LockMode mode,
                               std::string_view note, std::string_view stopped);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace launch
