#include "base/digest.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch {
namespace {

// FIPS 180-4's examples, as NIST publishes them.
constexpr auto kOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr auto kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr auto kOfTwoBlocks = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr auto kOfAMillionA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, KnowsThePublishedExamples) {
  EXPECT_EQ(sha256_hex(""), kOfNothing);
  EXPECT_EQ(sha256_hex("abc"), kOfAbc);
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), kOfTwoBlocks);
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), kOfAMillionA);
}

TEST(Sha256, IsTheSameHoweverTheBytesArePieced) {
  const std::string text(1'000'000, 'a');
  for (const std::size_t piece : {1U, 63U, 64U, 65U, 100'000U}) {
    Sha256 digest;
    for (std::size_t at = 0; at < text.size(); at += piece)
      digest.update(std::string_view(text).substr(at, piece));
    EXPECT_EQ(digest.hex(), kOfAMillionA) << piece;
  }
}

TEST(Sha256, OfAFile) {
  const test::Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "file", std::string(1'000'000, 'a')));
  EXPECT_EQ(sha256_file(scratch / "file")->hex(), kOfAMillionA);
  const auto missing = (scratch / "missing").string();
  EXPECT_EQ(sha256_file(missing).error().text(),
            fmt::format("error: cannot read {}: No such file or directory\n", missing));
}

TEST(Sha256, HexIsSixtyFourLowerCaseDigits) {
  EXPECT_TRUE(is_sha256_hex(kOfAbc));
  EXPECT_FALSE(is_sha256_hex(std::string(63, 'a')));
  EXPECT_FALSE(is_sha256_hex(std::string(65, 'a')));
  EXPECT_FALSE(is_sha256_hex(std::string(64, 'A')));
  EXPECT_FALSE(is_sha256_hex(std::string(64, 'g')));
  EXPECT_FALSE(is_sha256_hex(""));
}

}  // namespace
}  // namespace launch
