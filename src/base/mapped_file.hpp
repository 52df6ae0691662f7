#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace launch {

/// A file's bytes, mapped into memory.
class MappedFile {
 public:
  /// Errors (environment): it cannot be read.
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();

  std::string_view text() const { return {bytes_.data(), bytes_.size()}; }
  std::span<char> bytes() const { return bytes_; }
  /// Returns the memory that the bytes read so far take; they are read again when needed.
  void forget() const;

 private:
  explicit MappedFile(std::span<char> bytes) : bytes_(bytes) {}
  std::span<char> bytes_;
};

/// A new file, or an existing one truncated, with exactly that mode; symbolic links are not followed.
/// `access` is O_WRONLY or O_RDWR. Errors (environment).
Result<Fd> create_file(Disk& disk, const std::filesystem::path& path, int access, unsigned mode);

}  // namespace launch
