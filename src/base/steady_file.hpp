#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.hpp"

struct stat;

namespace launch {

/// A file that somebody may write while it is read, as the files of a project. It is the one that was there
/// when it was looked at: once another file has its name, or it was written, reading fails. It is open only
/// while it is read, so that there may be any number. Thread-safe.
class SteadyFile {
 public:
  /// Looks at a file. Errors (environment): it cannot be read.
  static Result<SteadyFile> look_at(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  /// In bytes.
  std::uint64_t size() const { return seen_.size; }

  /// Exactly as many bytes as the buffer has, from an offset; they must be within the size. Errors
  /// (environment): it cannot be read; it has changed.
  Result<void> read(std::uint64_t offset, std::span<char> buffer) const;
  /// Calls `take` with the whole content, a piece at a time; its error ends the reading. Errors
  /// (environment): those of `read`, perhaps after the last piece.
  Result<void> read_all(const std::function<Result<void>(std::string_view)>& take) const;

 private:
  /// What tells a file, or its content, from another one.
  struct State {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t seconds = 0;  ///< of the last change of its content
    std::int64_t nanoseconds = 0;
    bool operator==(const State&) const = default;
  };
  class Open;
  SteadyFile(std::filesystem::path path, const State& seen) : path_(std::move(path)), seen_(seen) {}
  static State state_of(const struct stat& file);

  std::filesystem::path path_;
  State seen_;
};

}  // namespace launch
