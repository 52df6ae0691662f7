#include "archive/gzip.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fakes/faulty_disk.hpp"
#include "fakes/files.hpp"
#include "fakes/source_archive.hpp"
#include "unit/base/scratch.hpp"

namespace launch::archive {
namespace {

class Gunzip : public testing::Test {
 protected:
  std::string of(const std::string& bytes) {
    EXPECT_TRUE(write_file(file_, bytes));
    const auto held = gunzipped(file_);
    if (held) return fmt::format("{} {}", held->size, held->digest.hex());
    kind_ = held.error().kind();
    return held.error().text();
  }
  test::Scratch scratch_;
  std::filesystem::path file_ = scratch_ / "a.tar.gz";
  ErrorKind kind_ = ErrorKind::no;
};

std::string lines_of_numbers() {
  std::string out;
  for (int i = 0; i < 100'000; ++i) out += std::to_string(i) + "\n";
  return out;
}

TEST_F(Gunzip, MeasuresTheContentOfAllMembers) {
  const auto large = lines_of_numbers();
  EXPECT_EQ(of(fakes::gzip("")), "0 " + Digest::of("").hex());
  EXPECT_EQ(of(fakes::gzip(large)), fmt::format("{} {}", large.size(), Digest::of(large).hex()));
  EXPECT_EQ(of(fakes::gzip("one") + gzip_member("two") + fakes::gzip(large)),
            fmt::format("{} {}", large.size() + 6, Digest::of("onetwo" + large).hex()));
}

TEST_F(Gunzip, ADamagedFileIsAnError) {
  const auto whole = fakes::gzip(lines_of_numbers());
  const auto damaged = "error: " + file_.string() + " is damaged: it cannot be decompressed\n";
  for (const auto size : {whole.size() - 1, whole.size() - 8, whole.size() / 2, std::size_t{20}})
    EXPECT_EQ(of(whole.substr(0, size)), damaged) << size;
  EXPECT_EQ(of(fakes::gzip("one") + whole.substr(0, whole.size() - 4)), damaged);
  auto changed = whole;
  changed[whole.size() - 6] ^= 1;  // of the CRC-32
  EXPECT_EQ(of(changed), damaged);
  EXPECT_EQ(kind_, ErrorKind::input);
}

TEST_F(Gunzip, APlainOrMissingFileIsAnError) {
  for (const std::string plain : {"", "plain text", "\x1f"}) {
    EXPECT_EQ(of(plain), "error: " + file_.string() + " is not compressed by gzip\n");
    EXPECT_EQ(kind_, ErrorKind::input);
  }
  const auto missing = gunzipped(scratch_ / "missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::environment);
  EXPECT_EQ(missing.error().text(),
            "error: cannot read " + (scratch_ / "missing").string() + ": No such file or directory\n");
}

TEST(StoredGzip, IsTheContentWhateverItsSize) {
  const test::Scratch scratch;
  RealDisk disk;
  for (const std::size_t size : {0U, 1U, 65535U, 65536U, 200'000U}) {
    std::string content(size, 'x');
    if (size > 0) content.back() = 'y';
    const auto file = scratch / "stored.tar.gz";
    const auto written = write_stored_gzip(disk, content, file);
    ASSERT_TRUE(written) << written.error().text();
    EXPECT_EQ(*written, sha256_file(file).value());
    EXPECT_EQ(gunzipped(file).value().digest, Digest::of(content)) << size;
    EXPECT_EQ(std::filesystem::file_size(file),
              size + 18 + 5 * std::max<std::size_t>(1, (size + 65534) / 65535));
  }
}

TEST(StoredGzip, OnAFullDiskIsAnErrorWithItsPath) {
  const test::Scratch scratch;
  fakes::FaultyDisk disk({"write", "stored", ENOSPC, 2});
  const auto written = write_stored_gzip(disk, "content", scratch / "stored.tar.gz");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message(),
            "cannot write " + (scratch / "stored.tar.gz").string() + ": No space left on device");
}

}  // namespace
}  // namespace launch::archive
