#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch::archive {

/// One file in a zip.
struct ZipEntry {
  std::string name;
  std::uint16_t method = 0;  ///< 0 stored, 8 deflated
  std::uint32_t crc32 = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t header_offset = 0;        ///< of the local header
  std::uint32_t external_attributes = 0;  ///< Unix mode in the upper 16 bits
  bool is_folder() const { return name.ends_with('/'); }
  bool is_deflated() const { return method == 8; }
};

/// Position of the central directory (from the end record, zip64 included).
struct ZipEnd {
  std::uint64_t directory_offset = 0;
  std::uint64_t directory_size = 0;
  std::uint64_t entries = 0;
};

/// Finds the end record in `tail`, the last bytes of a zip of `file_size` bytes. Errors (input): no end
/// record, or one that points outside the file.
Result<ZipEnd> parse_zip_end(std::string_view tail, std::uint64_t file_size);

/// Parses the central directory. Errors (input): truncated; entries that overlap or are encrypted; absolute
/// or ".." paths.
Result<std::vector<ZipEntry>> parse_zip_directory(std::string_view directory, const ZipEnd& end);

/// Length of the local header (fixed part, name and extra field) from its first 30 bytes. Errors (input).
Result<std::uint64_t> local_header_size(std::string_view first_30_bytes);

/// Checks that the sizes and the method that the directory states are possible. Errors (input).
Result<void> check_claims(const ZipEntry& entry, std::string_view compressed);
/// Checks the CRC-32 of an entry's content. Errors (input).
Result<void> check_crc32(const ZipEntry& entry, std::uint32_t crc32);
/// Its bytes do not decompress to what the directory states.
Error wrong_size(const ZipEntry& entry);

/// The content of an entry from its compressed bytes, checked by size and CRC-32. Errors (input).
Result<std::string> inflate_entry(const ZipEntry& entry, std::string_view compressed);

/// The same into the caller's memory of exactly `entry.size` bytes. Errors (input).
Result<void> inflate_into(const ZipEntry& entry, std::string_view compressed, std::span<char> content);

/// A zip in memory or mapped: all entries and, on demand, their content.
class ZipFile {
 public:
  /// `bytes` must outlive the object. Errors (input).
  static Result<ZipFile> open(std::string_view bytes, std::string name = {});
  /// That of its file, for errors.
  const std::string& name() const { return name_; }
  const std::vector<ZipEntry>& entries() const { return entries_; }
  /// The whole file.
  std::string_view bytes() const { return bytes_; }
  /// The last entry of that name; null if there is none.
  const ZipEntry* find(std::string_view name) const;
  /// The content, checked. Errors (input).
  Result<std::string> read(const ZipEntry& entry) const;
  /// The bytes as stored in the file. Errors (input): the entry's local header disagrees with the directory.
  Result<std::string_view> compressed(const ZipEntry& entry) const;
  /// Where in the file a part of bytes() begins.
  std::uint64_t offset_of(std::string_view part) const {
    return static_cast<std::uint64_t>(part.data() - bytes_.data());
  }

 private:
  std::string_view bytes_;
  std::string name_;
  std::vector<ZipEntry> entries_;
};

/// Whether an entry of one zip and an entry of another have the same content, seen from their bytes as they
/// are stored and what their directories say, without decompressing. False also if one is damaged.
bool stored_the_same(const ZipFile& one, const ZipEntry& entry, const ZipFile& other,
                     const ZipEntry& other_entry);

}  // namespace launch::archive
