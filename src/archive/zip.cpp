// The zip format of APPNOTE.TXT 6.3, as far as wheels use it.
#include "archive/zip.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <libdeflate.h>

#include "base/text.hpp"

namespace launch::archive {
namespace {

constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kFull16 = 0xffff;
constexpr std::uint32_t kFull32 = 0xffffffff;

constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEnd64Signature = 0x06064b50;
constexpr std::uint32_t kLocator64Signature = 0x07064b50;
constexpr std::uint32_t kDirectorySignature = 0x02014b50;
constexpr std::uint32_t kLocalSignature = 0x04034b50;

constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEnd64Size = 56;
constexpr std::size_t kLocator64Size = 20;
constexpr std::size_t kDirectoryEntrySize = 46;
constexpr std::size_t kLocalSize = 30;

Error bad_zip(std::string_view reason) {
  return input_error(fmt::format("not a valid zip file: {}", reason));
}

Error bad_entry(std::string_view name, std::string_view reason) {
  return input_error(fmt::format("not a valid zip file: the entry {} {}", in_quotes(name), reason));
}

/// Little-endian numbers of a record whose length was checked.
class Record {
 public:
  explicit Record(std::string_view bytes) : bytes_(bytes) {}
  std::uint16_t u16(std::size_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }
  std::uint32_t u32(std::size_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint64_t u64(std::size_t at) const { return number(at, 8); }

 private:
  std::uint64_t number(std::size_t at, std::size_t size) const {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes_.at(at + i));
    return value;
  }
  std::string_view bytes_;
};

/// Position of the end record in the tail: the last one whose comment ends exactly at the end of the file.
std::optional<std::size_t> find_end(std::string_view tail) {
  if (tail.size() < kEndSize) return std::nullopt;
  const std::size_t first = tail.size() - kEndSize - std::min<std::size_t>(tail.size() - kEndSize, kFull16);
  for (std::size_t at = tail.size() - kEndSize + 1; at-- > first;) {
    const Record record(tail.substr(at));
    if (record.u32(0) == kEndSignature && at + kEndSize + record.u16(20) == tail.size()) return at;
  }
  return std::nullopt;
}

/// The zip64 end record to which the locator before the end record points; nullopt without a locator.
Result<std::optional<ZipEnd>> read_end64(std::string_view tail, std::size_t end_at, std::uint64_t file_size) {
  if (end_at < kLocator64Size) return std::nullopt;
  const Record locator(tail.substr(end_at - kLocator64Size));
  if (locator.u32(0) != kLocator64Signature) return std::nullopt;
  const std::uint64_t tail_offset = file_size - tail.size();
  const std::uint64_t offset = locator.u64(8);
  const std::uint64_t latest = tail_offset + end_at - kLocator64Size;
  if (offset < tail_offset || offset > latest || latest - offset < kEnd64Size) {
    return fail(bad_zip("its zip64 end record is not where its locator says"));
  }
  const Record record(tail.substr(offset - tail_offset));
  if (record.u32(0) != kEnd64Signature)
    return fail(bad_zip("its zip64 end record is not where its locator says"));
  if (record.u32(16) != 0 || record.u32(20) != 0) return fail(bad_zip("it is part of a multi-part archive"));
  return ZipEnd{record.u64(48), record.u64(40), record.u64(32)};
}

/// Splits bytes into consecutive fields.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}
  bool done() const { return bytes_.empty(); }
  std::optional<std::string_view> take(std::uint64_t size) {
    if (size > bytes_.size()) return std::nullopt;
    const auto field = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return field;
  }

 private:
  std::string_view bytes_;
};

/// Replaces the numbers that did not fit 32 bits with those of extra field 1 (APPNOTE 4.5.3).
Result<void> read_extra64(std::string_view extra, ZipEntry& entry) {
  Fields fields(extra);
  while (auto head = fields.take(4)) {
    auto content = fields.take(Record(*head).u16(2));
    if (!content) break;
    if (Record(*head).u16(0) != 1) continue;
    Fields numbers(*content);
    for (auto* number : {&entry.size, &entry.compressed_size, &entry.header_offset}) {
      if (*number != kFull32) continue;
      const auto bytes = numbers.take(8);
      if (!bytes) return fail(bad_entry(entry.name, "lacks its zip64 sizes"));
      *number = Record(*bytes).u64(0);
    }
    return {};
  }
  return {};
}

Result<void> check_name(std::string_view name) {
  if (name.empty()) return fail(bad_zip("an entry has no name"));
  if (name.front() == '/') return fail(bad_entry(name, "has an absolute path"));
  if (name.find('\0') != std::string_view::npos) return fail(bad_entry(name, "has a NUL in its name"));
  for (const auto part : split(name, '/')) {
    if (part == "..") return fail(bad_entry(name, "has \"..\" in its path"));
  }
  return {};
}

Result<ZipEntry> read_entry(Fields& fields) {
  constexpr std::uint16_t kEncrypted = 0x2041;  // also strong encryption and masked headers
  const auto fixed = fields.take(kDirectoryEntrySize);
  if (!fixed) return fail(bad_zip("its directory is truncated"));
  const Record record(*fixed);
  if (record.u32(0) != kDirectorySignature)
    return fail(bad_zip("its directory is not where the end record says"));
  const auto name = fields.take(record.u16(28));
  const auto extra = fields.take(record.u16(30));
  const auto comment = fields.take(record.u16(32));
  if (!name || !extra || !comment) return fail(bad_zip("its directory is truncated"));

  ZipEntry entry;
  entry.name = *name;
  entry.method = record.u16(10);
  entry.crc32 = record.u32(16);
  entry.compressed_size = record.u32(20);
  entry.size = record.u32(24);
  entry.external_attributes = record.u32(38);
  entry.header_offset = record.u32(42);
  TRY(check_name(entry.name));
  if ((record.u16(8) & kEncrypted) != 0) return fail(bad_entry(entry.name, "is encrypted"));
  TRY(read_extra64(*extra, entry));
  return entry;
}

/// Checks that no two entries overlap and none reaches into the directory.
Result<void> check_places(const std::vector<ZipEntry>& entries, const ZipEnd& end) {
  std::vector<const ZipEntry*> by_place;
  by_place.reserve(entries.size());
  for (const auto& entry : entries) by_place.push_back(&entry);
  std::sort(by_place.begin(), by_place.end(),
            [](const ZipEntry* a, const ZipEntry* b) { return a->header_offset < b->header_offset; });
  for (std::size_t i = 0; i < by_place.size(); ++i) {
    const auto& entry = *by_place[i];
    const auto limit = i + 1 < by_place.size() ? by_place[i + 1]->header_offset : end.directory_offset;
    const std::uint64_t head = kLocalSize + entry.name.size();
    const auto room = limit >= entry.header_offset ? limit - entry.header_offset : 0;
    if (room < head || room - head < entry.compressed_size) {
      return fail(bad_entry(entry.name, "overlaps what follows it"));
    }
  }
  return {};
}

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

Result<void> inflate(const ZipEntry& entry, std::string_view compressed, std::span<char> content) {
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor) return fail(environment_error("out of memory while decompressing a zip entry"));
  std::size_t used = 0;
  const auto result =
      libdeflate_deflate_decompress_ex(decompressor.get(), compressed.data(), compressed.size(),
                                       content.data(), content.size(), &used, nullptr);
  if (result != LIBDEFLATE_SUCCESS || used != compressed.size()) return fail(wrong_size(entry));
  return {};
}

/// "14 (LZMA)"
std::string method_text(std::uint16_t method) {
  constexpr std::array<std::pair<std::uint16_t, std::string_view>, 5> kNames = {
      {{9, "Deflate64"}, {12, "bzip2"}, {14, "LZMA"}, {93, "Zstandard"}, {95, "XZ"}}};
  for (const auto& [number, name] : kNames) {
    if (number == method) return fmt::format("{} ({})", method, name);
  }
  return fmt::to_string(method);
}

}  // namespace

Result<ZipEnd> parse_zip_end(std::string_view tail, std::uint64_t file_size) {
  if (tail.size() > file_size) return fail(bad_zip("more bytes were given than the file has"));
  const auto at = find_end(tail);
  if (!at) return fail(bad_zip("it has no end record; is it truncated?"));
  const Record record(tail.substr(*at));
  ZipEnd end{record.u32(16), record.u32(12), record.u16(10)};
  if (end.directory_offset == kFull32 || end.directory_size == kFull32 || end.entries == kFull16) {
    TRY_ASSIGN(const auto end64, read_end64(tail, *at, file_size));
    end = end64.value_or(end);
  } else if (record.u16(4) != 0 || record.u16(6) != 0 || record.u16(8) != record.u16(10)) {
    return fail(bad_zip("it is part of a multi-part archive"));
  }
  const std::uint64_t end_offset = file_size - tail.size() + *at;
  if (end.directory_offset > end_offset || end.directory_size > end_offset - end.directory_offset) {
    return fail(bad_zip("its end record points outside the file"));
  }
  if (end.entries > end.directory_size / kDirectoryEntrySize) {
    return fail(bad_zip(fmt::format("its directory is too small for {} entries", end.entries)));
  }
  return end;
}

Result<std::vector<ZipEntry>> parse_zip_directory(std::string_view directory, const ZipEnd& end) {
  if (directory.size() != end.directory_size) {
    return fail(bad_zip(
        fmt::format("its directory has {} bytes, expected {}", directory.size(), end.directory_size)));
  }
  Fields fields(directory);
  std::vector<ZipEntry> entries;
  while (!fields.done() && entries.size() < end.entries) {
    TRY_ASSIGN(auto entry, read_entry(fields));
    entries.push_back(std::move(entry));
  }
  if (entries.size() != end.entries) {
    return fail(
        bad_zip(fmt::format("its directory has {} entries, expected {}", entries.size(), end.entries)));
  }
  TRY(check_places(entries, end));
  return entries;
}

Result<std::uint64_t> local_header_size(std::string_view first_30_bytes) {
  if (first_30_bytes.size() < kLocalSize) return fail(bad_zip("the header of an entry is truncated"));
  const Record record(first_30_bytes);
  if (record.u32(0) != kLocalSignature) return fail(bad_zip("an entry is not where the directory says"));
  return kLocalSize + record.u16(26) + record.u16(28);
}

Result<void> check_claims(const ZipEntry& entry, std::string_view compressed) {
  constexpr std::uint64_t kBestRatio =
      1032;  // of deflate; a higher ratio is false and would only cost memory
  if (compressed.size() != entry.compressed_size) {
    return fail(bad_entry(entry.name, fmt::format("has {} compressed bytes, expected {}", compressed.size(),
                                                  entry.compressed_size)));
  }
  if (entry.method == kStored) {
    if (entry.size != entry.compressed_size)
      return fail(bad_entry(entry.name, "is stored uncompressed but has two different sizes"));
  } else if (entry.method != kDeflated) {
    return fail(bad_entry(entry.name,
                          fmt::format("uses the compression method {}; wheels use 0 (stored) and 8 (deflate)",
                                      method_text(entry.method))));
  } else if (entry.size / kBestRatio > compressed.size()) {
    return fail(bad_entry(entry.name, fmt::format("cannot hold its declared size of {} bytes", entry.size)));
  }
  return {};
}

Result<void> check_crc32(const ZipEntry& entry, std::uint32_t crc32) {
  if (crc32 == entry.crc32) return {};
  return fail(
      bad_entry(entry.name, fmt::format("has the CRC-32 {:08x}, expected {:08x}", crc32, entry.crc32)));
}

Error wrong_size(const ZipEntry& entry) {
  return bad_entry(entry.name, "does not decompress to its declared size");
}

Result<std::string> inflate_entry(const ZipEntry& entry, std::string_view compressed) {
  TRY(check_claims(entry, compressed));
  std::string content(entry.size, '\0');
  TRY(inflate_into(entry, compressed, content));
  return content;
}

Result<void> inflate_into(const ZipEntry& entry, std::string_view compressed, std::span<char> content) {
  TRY(check_claims(entry, compressed));
  if (content.size() != entry.size) return fail(bad_entry(entry.name, "was given a buffer of another size"));
  if (entry.method == kStored) {
    std::copy(compressed.begin(), compressed.end(), content.begin());
  } else {
    TRY(inflate(entry, compressed, content));
  }
  return check_crc32(entry, libdeflate_crc32(0, content.data(), content.size()));
}

Result<ZipFile> ZipFile::open(std::string_view bytes, std::string name) {
  constexpr std::size_t kTail = kEndSize + kFull16 + kLocator64Size + kEnd64Size;
  const auto tail = bytes.substr(bytes.size() - std::min(bytes.size(), kTail));
  TRY_ASSIGN(const auto end, parse_zip_end(tail, bytes.size()));
  ZipFile zip;
  zip.bytes_ = bytes;
  zip.name_ = std::move(name);
  TRY_ASSIGN(zip.entries_, parse_zip_directory(bytes.substr(end.directory_offset, end.directory_size), end));
  return zip;
}

const ZipEntry* ZipFile::find(std::string_view name) const {
  const auto at =
      std::find_if(entries_.rbegin(), entries_.rend(), [&](const ZipEntry& e) { return e.name == name; });
  return at == entries_.rend() ? nullptr : &*at;
}

Result<std::string> ZipFile::read(const ZipEntry& entry) const {
  TRY_ASSIGN(const auto data, compressed(entry));
  return inflate_entry(entry, data);
}

Result<std::string_view> ZipFile::compressed(const ZipEntry& entry) const {
  if (entry.header_offset > bytes_.size()) return fail(bad_entry(entry.name, "is outside the file"));
  const auto from_header = bytes_.substr(entry.header_offset);
  TRY_ASSIGN(const auto head, local_header_size(from_header.substr(0, kLocalSize)));
  if (head > from_header.size() || entry.compressed_size > from_header.size() - head) {
    return fail(bad_entry(entry.name, "is outside the file"));
  }
  if (from_header.substr(kLocalSize, entry.name.size()) != entry.name) {
    return fail(bad_entry(entry.name, "has a different name in its local header"));
  }
  return from_header.substr(head, entry.compressed_size);
}

bool stored_the_same(const ZipFile& one, const ZipEntry& entry, const ZipFile& other,
                     const ZipEntry& other_entry) {
  if (entry.method != other_entry.method || entry.crc32 != other_entry.crc32 ||
      entry.size != other_entry.size || entry.compressed_size != other_entry.compressed_size)
    return false;
  const auto bytes = one.compressed(entry);
  const auto other_bytes = other.compressed(other_entry);
  return bytes && other_bytes && *bytes == *other_bytes;
}

}  // namespace launch::archive
