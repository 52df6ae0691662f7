#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

namespace launch::net {

/// What is known of a part file, so that a later run can resume it.
struct PartNote {
  std::string url;               ///< redacted
  std::optional<Digest> sha256;  ///< expected
  std::string validator;  ///< strong ETag or Last-Modified, for If-Range; empty if the server sent none
  std::uint64_t size = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces;  ///< first byte and count, in order, apart
};

/// DESTINATION.part, locked against other processes and calls, and DESTINATION.part.note next to it. finish()
/// and discard() remove both; otherwise both stay for the next run.
class PartFile {
 public:
  /// nullopt if another process or call holds it. Errors (environment): it cannot be created.
  static Result<std::optional<PartFile>> open(Disk& disk, const std::filesystem::path& destination);

  const std::filesystem::path& path() const { return part_; }

  /// The note, if it is intact and its bytes can be trusted: after a crash of the machine, only if a digest
  /// will verify them.
  std::optional<PartNote> note() const;
  /// Best effort: without a note, the next run starts over.
  void write_note(const PartNote& note);

  /// Reserves the space on the disk. Errors (environment): not enough space.
  Result<void> reserve(std::uint64_t size);
  /// Returns 0 or errno.
  int write(std::uint64_t offset, std::string_view bytes) const;
  /// Fills the buffer from the offset. Errors (environment).
  Result<void> read(std::uint64_t offset, std::span<char> buffer) const;
  /// Discards the bytes and continues with an empty file. Errors (environment).
  Result<void> clear();

  /// Starts writing existing bytes to the disk, so that finish() need not wait long for them.
  void begin_flush(std::uint64_t offset, std::uint64_t count) const;
  /// Truncates the file to `size`, flushes it and renames it to its final name. Errors (environment).
  Result<void> finish(std::uint64_t size);
  void discard();

 private:
  PartFile(Disk& disk, std::filesystem::path destination, Fd fd);
  std::filesystem::path note_path() const;

  Disk* disk_;
  std::filesystem::path destination_;
  std::filesystem::path part_;
  Fd fd_;
  Fd note_fd_;
};

}  // namespace launch::net
