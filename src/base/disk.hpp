#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/fd.hpp"

namespace launch {

/// All writes to a file system; main passes it in so that tests can make each of them fail. Each method does
/// what the system call of that name does, and returns 0 or errno. Thread-safe.
class Disk {
 public:
  using Path = std::filesystem::path;
  virtual ~Disk() = default;

  /// open(2), with O_CLOEXEC.
  virtual int open(const Path& path, int flags, unsigned mode, Fd& file) = 0;
  /// mkostemp(3): a new file of mode 0600, whose name replaces the XXXXXX at the end of the pattern.
  virtual int open_new(std::string& pattern, Fd& file) = 0;

  // On an open file.
  /// Writes all bytes: at the file's own position, or (pwrite) at an offset.
  virtual int write(const Fd& file, std::string_view bytes) = 0;
  virtual int write_at(const Fd& file, std::string_view bytes, std::uint64_t offset) = 0;
  /// Reserves space on the disk, extending the file (posix_fallocate) or not (FALLOC_FL_KEEP_SIZE).
  virtual int reserve(const Fd& file, std::uint64_t size, bool keep_size) = 0;
  virtual int truncate(const Fd& file, std::uint64_t size) = 0;
  virtual int set_mode(const Fd& file, unsigned mode) = 0;
  /// fdatasync(2)
  virtual int flush(const Fd& file) = 0;

  virtual int rename(const Path& from, const Path& to) = 0;
  virtual int link(const Path& from, const Path& to) = 0;
  /// Copies bytes and mode, overwriting an existing file; shares the blocks where the file system can.
  virtual int copy(const Path& from, const Path& to) = 0;
  virtual int symlink(const std::string& target, const Path& path) = 0;
  /// Creates a folder with exactly that mode, whatever the umask.
  virtual int make_folder(const Path& path, unsigned mode) = 0;
  /// Creates a folder and its parents; an existing one is no error.
  virtual int make_folders(const Path& path) = 0;
  /// mkdtemp(3): a new folder, whose name replaces the XXXXXX at the end of the pattern.
  virtual int make_new_folder(std::string& pattern) = 0;
  /// unlink(2)
  virtual int remove(const Path& path) = 0;
  /// Removes a file, or a folder with its contents; a missing one is no error.
  virtual int remove_all(const Path& path) = 0;
  /// Sets its time of modification to now.
  virtual int touch(const Path& path) = 0;
  /// Sets the time of modification of a file, folder or link, in seconds since 1970.
  virtual int set_time(const Path& path, std::int64_t seconds) = 0;
};

/// The real file system.
class RealDisk : public Disk {
 public:
  int open(const Path& path, int flags, unsigned mode, Fd& file) override;
  int open_new(std::string& pattern, Fd& file) override;
  int write(const Fd& file, std::string_view bytes) override;
  int write_at(const Fd& file, std::string_view bytes, std::uint64_t offset) override;
  int reserve(const Fd& file, std::uint64_t size, bool keep_size) override;
  int truncate(const Fd& file, std::uint64_t size) override;
  int set_mode(const Fd& file, unsigned mode) override;
  int flush(const Fd& file) override;
  int rename(const Path& from, const Path& to) override;
  int link(const Path& from, const Path& to) override;
  int copy(const Path& from, const Path& to) override;
  int symlink(const std::string& target, const Path& path) override;
  int make_folder(const Path& path, unsigned mode) override;
  int make_folders(const Path& path) override;
  int make_new_folder(std::string& pattern) override;
  int remove(const Path& path) override;
  int remove_all(const Path& path) override;
  int touch(const Path& path) override;
  int set_time(const Path& path, std::int64_t seconds) override;
};

}  // namespace launch
