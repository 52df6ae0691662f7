#include "archive/zip.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/wheel.hpp"

namespace launch::archive {
namespace {

using fakes::make_zip;
using testing::HasSubstr;

constexpr std::string_view kDirectory = "PK\x01\x02";
constexpr std::string_view kEnd = "PK\x05\x06";

std::string small_zip() {
  return make_zip({{"a/one.txt", std::string(1000, 'x')}, {"two", "stored", false, 0755}});
}

/// The zip with the bytes from `at`, counted from the last `mark`, replaced.
std::string patched(std::string zip, std::string_view mark, std::size_t at, std::string_view bytes) {
  zip.replace(zip.rfind(mark) + at, bytes.size(), bytes);
  return zip;
}

std::string open_error(const std::string& zip) {
  const auto opened = ZipFile::open(zip);
  return opened ? "no error" : opened.error().text();
}

std::string read_error(const std::string& zip, std::string_view name) {
  const auto opened = ZipFile::open(zip);
  if (!opened) return opened.error().text();
  const auto content = opened->read(*opened->find(name));
  return content ? "no error" : content.error().text();
}

TEST(Zip, GivesEntriesAndTheirContent) {
  for (const bool zip64 : {false, true}) {
    const auto bytes =
        make_zip({{"a/one.txt", std::string(1000, 'x')}, {"two", "stored", false, 0755}, {"empty", ""}},
                 {.local_extra = 40, .zip64 = zip64, .comment = "a comment"});
    const auto zip = ZipFile::open(bytes).value();
    ASSERT_EQ(zip.entries().size(), 3U);
    EXPECT_EQ(zip.read(*zip.find("a/one.txt")), std::string(1000, 'x'));
    EXPECT_EQ(zip.read(*zip.find("two")), "stored");
    EXPECT_EQ(zip.read(*zip.find("empty")), "");
    EXPECT_EQ(zip.find("two")->external_attributes >> 16, 0100755U);
    EXPECT_EQ(zip.find("two")->method, 0);
    EXPECT_EQ(zip.find("three"), nullptr);
  }
  EXPECT_TRUE(ZipFile::open(make_zip({})).value().entries().empty());
}

TEST(Zip, FindsTheLastEntryOfAName) {
  const auto bytes = make_zip({{"a", "old"}, {"a", "new"}});
  const auto zip = ZipFile::open(bytes).value();
  EXPECT_EQ(zip.read(*zip.find("a")), "new");
}

TEST(Zip, ReadsTheDirectoryFromATail) {
  const auto bytes = small_zip();
  const auto tail = std::string_view(bytes).substr(bytes.size() - 30);
  const auto end = parse_zip_end(tail, bytes.size()).value();
  EXPECT_EQ(end.entries, 2U);
  const auto directory = std::string_view(bytes).substr(end.directory_offset, end.directory_size);
  EXPECT_EQ(parse_zip_directory(directory, end).value().at(1).name, "two");
  EXPECT_EQ(parse_zip_directory(directory.substr(1), end).error().text(),
            "error: not a valid zip file: its directory has 103 bytes, expected 104\n");
}

TEST(Zip, NoticesOneThatIsCutShort) {
  EXPECT_EQ(open_error(""), "error: not a valid zip file: it has no end record; is it truncated?\n");
  EXPECT_EQ(open_error(std::string(100, 'x')),
            "error: not a valid zip file: it has no end record; is it truncated?\n");
  const auto zip = small_zip();
  for (std::size_t size = 0; size < zip.size(); ++size) {
    EXPECT_EQ(open_error(zip.substr(0, size)),
              "error: not a valid zip file: it has no end record; is it truncated?\n")
        << size;
  }
  EXPECT_NE(open_error(zip.substr(1)), "no error");
}

TEST(Zip, NoticesAnEndRecordThatLies) {
  const auto zip = small_zip();
  EXPECT_EQ(open_error(patched(zip, kEnd, 16, "\xff\xff\xff\x7f")),
            "error: not a valid zip file: its end record points outside the file\n");
  EXPECT_EQ(open_error(patched(zip, kEnd, 4, "\x01")),
            "error: not a valid zip file: it is part of a multi-part archive\n");
  EXPECT_EQ(open_error(patched(zip, kEnd, 8, std::string_view("\x09\0\x09\0", 4))),
            "error: not a valid zip file: its directory is too small for 9 entries\n");
  EXPECT_EQ(open_error(patched(zip, kEnd, 8, std::string_view("\x01\0\x01\0", 4))), "no error")
      << "what follows the entries that are counted is not looked at";
  EXPECT_EQ(open_error(patched(zip, kEnd, 12, std::string_view("\x67\0", 2))),
            "error: not a valid zip file: its directory is truncated\n");
}

TEST(Zip, RefusesNamesThatLeaveTheFolder) {
  EXPECT_EQ(open_error(make_zip({{"../x", ""}})),
            "error: not a valid zip file: the entry \"../x\" has \"..\" in its path\n");
  EXPECT_EQ(open_error(make_zip({{"a/../../x", ""}})),
            "error: not a valid zip file: the entry \"a/../../x\" has \"..\" in its path\n");
  EXPECT_EQ(open_error(make_zip({{"/etc/x", ""}})),
            "error: not a valid zip file: the entry \"/etc/x\" has an absolute path\n");
  EXPECT_EQ(open_error(make_zip({{"", ""}})), "error: not a valid zip file: an entry has no name\n");
  EXPECT_EQ(open_error(make_zip({{std::string("a\0b", 3), ""}})),
            "error: not a valid zip file: the entry \"a\\x00b\" has a NUL in its name\n");
  EXPECT_EQ(open_error(make_zip({{"a..b/..c/d..", ""}})), "no error");
}

TEST(Zip, RefusesWhatWheelsDoNotHave) {
  const auto zip = small_zip();
  EXPECT_EQ(open_error(patched(zip, kDirectory, 8, "\x01")),
            "error: not a valid zip file: the entry \"two\" is encrypted\n");
  EXPECT_EQ(read_error(patched(zip, kDirectory, 10, "\x0c"), "two"),
            "error: not a valid zip file: the entry \"two\" uses the compression method 12 (bzip2); wheels "
            "use 0 (stored) and 8 (deflate)\n");
}

TEST(Zip, NoticesEntriesThatOverlap) {
  const auto zip = small_zip();
  // The second entry is said to lie where the first does, then one byte into it, then behind the directory.
  EXPECT_THAT(open_error(patched(zip, kDirectory, 42, std::string_view("\0\0\0\0", 4))),
              HasSubstr("overlaps what follows it"));
  EXPECT_THAT(open_error(patched(zip, kDirectory, 42, std::string_view("\1\0\0\0", 4))),
              HasSubstr("overlaps what follows it"));
  EXPECT_EQ(open_error(patched(zip, kDirectory, 42, "\xff\xff\xff\x7f")),
            "error: not a valid zip file: the entry \"two\" overlaps what follows it\n");
}

TEST(Zip, NoticesContentThatIsNotWhatTheDirectorySays) {
  auto damaged = small_zip();
  damaged[damaged.find("stored")] = 'S';
  EXPECT_THAT(read_error(damaged, "two"),
              HasSubstr("error: not a valid zip file: the entry \"two\" has the CRC-32 "));

  auto renamed = small_zip();
  renamed.replace(renamed.find("two"), 3, "TWO");
  EXPECT_EQ(read_error(renamed, "two"),
            "error: not a valid zip file: the entry \"two\" has a different name in its local header\n");

  const auto zip = small_zip();
  EXPECT_EQ(
      read_error(patched(zip, kDirectory, 24, "\x05"), "two"),
      "error: not a valid zip file: the entry \"two\" is stored uncompressed but has two different sizes\n");
  auto longer = zip;
  longer.replace(longer.find(kDirectory) + 24, 4, std::string_view("\xe9\x03\0\0", 4));
  EXPECT_EQ(
      read_error(longer, "a/one.txt"),
      "error: not a valid zip file: the entry \"a/one.txt\" does not decompress to its declared size\n");
}

TEST(Zip, RefusesASizeThatDeflateCannotReach) {
  auto bomb = small_zip();
  bomb.replace(bomb.find(kDirectory) + 24, 4, "\xfe\xff\xff\xff");
  EXPECT_EQ(read_error(bomb, "a/one.txt"),
            "error: not a valid zip file: the entry \"a/one.txt\" cannot hold its declared size of "
            "4294967294 bytes\n");
}

TEST(Zip, EndsInAValueOrAnErrorWhateverByteIsChanged) {
  const auto zip = make_zip({{"a", std::string(50, 'x')}, {"b", "y", false}}, {.zip64 = true});
  for (std::size_t at = 0; at < zip.size(); ++at) {
    for (const char byte : {'\x00', '\x01', '\x7f', '\xff'}) {
      auto changed = zip;
      changed[at] = byte;
      const auto opened = ZipFile::open(changed);
      if (!opened) continue;
      for (const auto& entry : opened->entries()) (void)opened->read(entry);
    }
  }
}

}  // namespace
}  // namespace launch::archive
