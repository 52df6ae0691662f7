#include "archive/zip_stream.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fakes/wheel.hpp"

namespace launch::archive {
namespace {

/// Text that deflate can make a quarter of.
std::string sample(std::size_t size) {
  std::string out;
  for (std::uint32_t i = 1; out.size() < size; i = i * 1664525 + 1013904223)
    out += std::to_string(i >> 20) + "\n";
  out.resize(size);
  return out;
}

struct Read {
  std::string content;
  std::size_t largest = 0;
  std::string error = "none";
};

Read read(const ZipEntry& entry, std::string_view compressed) {
  Read read;
  EntryReader reader;
  const auto done = reader.read(entry, compressed, [&](std::string_view piece) {
    read.content += piece;
    read.largest = std::max(read.largest, piece.size());
    return true;
  });
  if (!done) read.error = done.error().message();
  return read;
}

/// The one entry of a zip, and its bytes.
struct Packed {
  explicit Packed(const std::string& content, bool deflated = true)
      : zip(fakes::make_zip({{"it", content, deflated}})),
        file(ZipFile::open(zip).value()),
        entry(file.entries().at(0)) {
    bytes = file.compressed(entry).value();
  }
  std::string zip;
  ZipFile file;
  ZipEntry entry;
  std::string bytes;
};

TEST(EntryReader, ReadsWhatTheWholeReaderReads) {
  for (const std::size_t size : {0U, 1U, 262143U, 262144U, 262145U, 2000000U}) {
    for (const bool deflated : {true, false}) {
      const auto content = sample(size);
      const Packed packed(content, deflated);
      const auto found = read(packed.entry, packed.bytes);
      EXPECT_EQ(found.error, "none") << size;
      EXPECT_TRUE(found.content == content) << size;
      EXPECT_LE(found.largest, 262144U);
    }
  }
}

TEST(EntryReader, EndsWhenNoMoreIsWanted) {
  const Packed packed(sample(2000000));
  EntryReader reader;
  int pieces = 0;
  EXPECT_TRUE(reader.read(packed.entry, packed.bytes, [&](std::string_view) { return ++pieces < 2; }));
  EXPECT_EQ(pieces, 2);
  EXPECT_EQ(read(packed.entry, packed.bytes).error, "none");
}

TEST(EntryReader, RefusesWhatIsNotAsTheDirectorySays) {
  const std::string start = "not a valid zip file: the entry \"it\" ";
  const auto content = sample(300000);
  const Packed packed(content);
  auto entry = packed.entry;
  entry.crc32 = 0x12345678;
  EXPECT_EQ(read(entry, packed.bytes).error,
            start + fmt::format("has the CRC-32 {:08x}, expected 12345678", packed.entry.crc32));
  for (const int off : {-1, 1}) {
    entry = packed.entry;
    entry.size += static_cast<std::uint64_t>(off);
    EXPECT_EQ(read(entry, packed.bytes).error, start + "does not decompress to its declared size");
  }
  const std::string tail(16, '\0');
  for (std::size_t more = 1; more <= tail.size(); ++more) {
    entry = packed.entry;
    entry.compressed_size += more;
    EXPECT_EQ(read(entry, packed.bytes + tail.substr(0, more)).error,
              start + "does not decompress to its declared size")
        << more;
  }
  entry = packed.entry;
  --entry.compressed_size;
  EXPECT_EQ(read(entry, std::string_view(packed.bytes).substr(0, entry.compressed_size)).error,
            start + "does not decompress to its declared size");
  entry = packed.entry;
  entry.method = 93;
  EXPECT_EQ(read(entry, packed.bytes).error,
            start + "uses the compression method 93 (Zstandard); wheels use 0 (stored) and 8 (deflate)");
}

TEST(EntryReader, SurvivesEveryDamagedByte) {
  const Packed packed(sample(3000));
  for (std::size_t at = 0; at < packed.bytes.size(); ++at) {
    auto bytes = packed.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    EXPECT_NE(read(packed.entry, bytes).error, "none") << at;
  }
}

}  // namespace
}  // namespace launch::archive
