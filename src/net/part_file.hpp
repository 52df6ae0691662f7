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

/// What is known of a part file, so that a later run can go on.
struct PartNote {
  std::string url;               ///< redacted
  std::optional<Digest> sha256;  ///< expected
  std::string validator;  ///< strong ETag or Last-Modified, for If-Range; empty when the server gave none
  std::uint64_t size = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces;  ///< first byte and count, in order, apart
};

/// DESTINATION.part, locked against other processes and other calls, and DESTINATION.part.note beside it.
/// Neither is left over by finish() and discard(); otherwise both stay for the next time.
class PartFile {
 public:
  /// Nothing when somebody else holds it now. Errors (environment): it cannot be made.
  static Result<std::optional<PartFile>> open(Disk& disk, const std::filesystem::path& destination);

  const std::filesystem::path& path() const { return part_; }

  /// The note, if it is whole and its bytes can be trusted: after a crash of the machine they can only where
  /// a digest will prove them.
  std::optional<PartNote> note() const;
  /// Best effort: without it the next run begins from the start.
  void write_note(const PartNote& note);

  /// Takes the room on the disk. Errors (environment): there is not enough.
  Result<void> reserve(std::uint64_t size);
  /// 0, or errno.
  int write(std::uint64_t offset, std::string_view bytes) const;
  /// Fills the buffer from the offset. Errors (environment).
  Result<void> read(std::uint64_t offset, std::span<char> buffer) const;
  /// Throws the bytes away and goes on with an empty file. Errors (environment).
  Result<void> clear();

  /// Has bytes that are there begin their way to the disk, so that finish() need not wait long for them.
  void begin_flush(std::uint64_t offset, std::uint64_t count) const;
  /// Flushes the file and gives it, cut to `size`, its name. Errors (environment).
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
