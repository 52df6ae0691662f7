#include "archive/deflate.hpp"

#include <gtest/gtest.h>

#include "archive/gzip.hpp"
#include "archive/zip.hpp"
#include "base/digest.hpp"

namespace launch::archive {
namespace {

/// What libdeflate makes of a stream that should hold `text`.
std::string unpacked(std::string_view stream, std::string_view text) {
  ZipEntry entry;
  entry.method = 8;
  entry.compressed_size = stream.size();
  entry.size = text.size();
  std::string content(text.size(), '\0');
  const auto done = inflate_into(entry, stream, content);
  return done || done.error().message().find("CRC-32") != std::string::npos ? content
                                                                            : done.error().message();
}

TEST(SmallDeflate, IsReadBack) {
  std::vector<std::string> texts = {"",
                                    "a",
                                    "abcd",
                                    std::string(3, 'a'),
                                    std::string(100000, '\0'),
                                    std::string(259, 'x') + "y",
                                    std::string(70000, 'a') + "b"};
  std::string period;
  for (int i = 0; i < 5000; ++i) period += "line " + std::to_string(i % 700) + " of a table\n";
  texts.push_back(period);
  // Just within and beyond the window.
  for (const std::size_t gap : {32760U, 32764U, 32765U, 32768U, 33000U}) {
    std::string far = "0123456789";
    for (std::size_t i = 0; far.size() < gap; ++i) far += static_cast<char>('A' + i * i % 23);
    texts.push_back(far + "0123456789");
  }
  for (const auto& text : texts) EXPECT_TRUE(unpacked(small_deflate(text), text) == text) << text.size();
}

TEST(SmallDeflate, IsReadBackWhateverTheBytes) {
  std::uint64_t state = 88172645463325252ULL;
  const auto random = [&] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  };
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const auto letters = 1 + random() % 256;
    const auto size = random() % 3000;
    while (text.size() < size) {
      if (!text.empty() && random() % 4 == 0) {
        text += text.substr(random() % text.size(), random() % 300);
      } else {
        text += static_cast<char>(random() % letters);
      }
    }
    ASSERT_TRUE(unpacked(small_deflate(text), text) == text) << round;
  }
}

TEST(SmallDeflate, StoresWhatItCannotMakeSmaller) {
  std::string text;
  std::uint64_t state = 1;
  for (int i = 0; i < 140000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    text += static_cast<char>(state >> 56);
  }
  const auto stream = small_deflate(text);
  EXPECT_EQ(stream.size(), text.size() + 3 * 5);
  EXPECT_TRUE(unpacked(stream, text) == text);
}

/// These bytes are part of every layer's digest: a change needs another kLayerVersion.
TEST(SmallDeflate, NeverChanges) {
  std::string table;
  for (int i = 0; i < 2000; ++i) table += "entry " + std::to_string(i * i) + " of the table\n";
  EXPECT_EQ(Digest::of(small_deflate(table)).hex(),
            "fdd8da121da1e86c2980213dbd7af67555476efa3611531c60dee1f9b79cf619");
  EXPECT_EQ(Digest::of(gzip_member("hello hello hello")).hex(),
            "d5f31c00478196d7ea87c82e19fe90d45ffe1a6ad837ca88c70b3839ddfd54fd");
}

TEST(GzipTrailer, CountsModuloFourGigabytes) {
  EXPECT_EQ(gzip_trailer(0x04030201, (std::uint64_t{1} << 32) + 5), std::string("\1\2\3\4\5\0\0\0", 8));
}

}  // namespace
}  // namespace launch::archive
