#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"

namespace launch::archive {

/// The header of a gzip member without a name and a time (RFC 1952, 2.3).
inline constexpr std::string_view kGzipHeader{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

/// What follows the deflate stream of a gzip member: CRC-32 and size of its content.
std::string gzip_trailer(std::uint32_t crc32, std::uint64_t size);

/// What a gzip file holds.
struct Gunzipped {
  Digest digest;
  std::uint64_t size = 0;  ///< bytes
};

/// Unpacks a gzip file without keeping what it holds. Errors (input): damaged, or not compressed by gzip;
/// (environment): it cannot be read.
Result<Gunzipped> gunzipped(const std::filesystem::path& file);

/// Writes a gzip file that stores its content uncompressed, so that it depends on no compressor; returns its
/// digest. Errors (environment): the disk.
Result<Digest> write_stored_gzip(Disk& disk, std::string_view content, const std::filesystem::path& to);

/// A text as a whole member, compressed by small_deflate.
std::string gzip_member(std::string_view text);

}  // namespace launch::archive
