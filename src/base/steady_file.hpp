#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

struct stat;

namespace launch {

/// What tells a file, or its content, from another one.
struct FileState {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t written = 0;  ///< last change of its content, in nanoseconds since 1970; anybody can set it
  std::int64_t changed = 0;  ///< the same of its content, name, owner or mode, which nobody can set

  static FileState of(const struct stat& file);
  bool operator==(const FileState&) const = default;
};

/// A file that somebody may write while it is read, as the files of a project. It is the one that was there
/// when it was looked at: once another file has its name, or it was written, reading fails. It is open only
/// while it is read, so that there may be any number. Thread-safe.
class SteadyFile {
 public:
  /// Looks at a file. Errors (environment): it cannot be read.
  static Result<SteadyFile> look_at(std::string path);
  /// A file that had this state.
  SteadyFile(std::string path, const FileState& seen) : path_(std::move(path)), seen_(seen) {}

  const std::string& path() const { return path_; }
  const FileState& state() const { return seen_; }
  /// In bytes.
  std::uint64_t size() const { return seen_.size; }

  /// Exactly as many bytes as the buffer has, from an offset; they must be within the size. Errors
  /// (environment): it cannot be read; it has changed.
  Result<void> read(std::uint64_t offset, std::span<char> buffer) const;
  /// Calls `take` with the whole content, a piece at a time; its error ends the reading. Errors
  /// (environment): those of `read`, perhaps after the last piece.
  Result<void> read_all(const std::function<Result<void>(std::string_view)>& take) const;

 private:
  class Open;

  std::string path_;
  FileState seen_;
};

}  // namespace launch
