#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace launch::archive {

/// A file's bytes in memory without reading them first.
class MappedFile {
 public:
  /// Errors (world): it cannot be read.
  static Result<MappedFile> open(const std::filesystem::path& path);
  /// A new file of that size, to be filled. Its blocks are reserved, so that a full disk is an error here and
  /// no signal later. Errors (world).
  static Result<MappedFile> create(const std::filesystem::path& path, std::uint64_t size, bool executable);

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

/// Makes a folder and its parents below `root`, which is there, all of mode 0755 whatever the umask. Errors
/// (world).
Result<void> make_tree_folder(const std::filesystem::path& root, std::string_view path);

/// Writes a new file, or over one that is there, of mode 0644 or 0755 whatever the umask. Errors (world).
Result<void> write_tree_file(const std::filesystem::path& path, std::string_view content,
                             bool executable = false);

}  // namespace launch::archive
