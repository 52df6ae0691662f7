#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace launch {

/// A file's bytes in memory without reading them first.
class MappedFile {
 public:
  /// Errors (environment): it cannot be read.
  static Result<MappedFile> open(const std::filesystem::path& path);
  /// A file of that size and mode, to be filled, new or over one that is there. Its blocks are reserved, so
  /// that a full disk is an error here and no signal later. Errors (environment).
  static Result<MappedFile> create(Disk& disk, const std::filesystem::path& path, std::uint64_t size,
                                   unsigned mode);

  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();

  std::string_view text() const { return {bytes_.data(), bytes_.size()}; }
  std::span<char> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<char> bytes) : bytes_(bytes) {}
  std::span<char> bytes_;
};

/// A new file, or one that is there and is now empty, of exactly that mode; no symbolic link is followed.
/// `access` is O_WRONLY or O_RDWR. Errors (environment).
Result<Fd> create_file(Disk& disk, const std::filesystem::path& path, int access, unsigned mode);

}  // namespace launch
