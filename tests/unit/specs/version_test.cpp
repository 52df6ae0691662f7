#include "specs/version.hpp"

#include <gtest/gtest.h>

namespace launch::specs {
namespace {

Version version(std::string_view text) {
  auto parsed = Version::parse(text);
  EXPECT_TRUE(parsed) << parsed.error().text();
  return parsed.value_or(Version());
}

std::string error_of(std::string_view text) {
  const auto parsed = Version::parse(text);
  return parsed ? "no error" : parsed.error().text();
}

TEST(Version, NormalizesEverySpelling) {
  const std::pair<const char*, const char*> spellings[] = {
      {"2.5.0.dev20240617+cu121", "2.5.0.dev20240617+cu121"},
      {" v1.0 \n", "1.0"},
      {"1!2.3", "1!2.3"},
      {"0!1", "1"},
      {"01.002", "1.2"},
      {"1.0-alpha.1", "1.0a1"},
      {"1.0BETA", "1.0b0"},
      {"1.0c1", "1.0rc1"},
      {"1.0_preview_2", "1.0rc2"},
      {"1.0-5", "1.0.post5"},
      {"1.0.rev", "1.0.post0"},
      {"1.0r2", "1.0.post2"},
      {"1.0dev", "1.0.dev0"},
      {"1.0a1.post2.dev3", "1.0a1.post2.dev3"},
      {"1.0+Ubuntu_01-x", "1.0+ubuntu.1.x"},
  };
  for (const auto& [text, normalized] : spellings) EXPECT_EQ(version(text).text(), normalized) << text;
}

TEST(Version, GivesItsParts) {
  const auto nightly = version("1!2.5.0rc1.post2.dev20240617+cu121.x");
  EXPECT_EQ(nightly.epoch(), 1U);
  EXPECT_EQ(nightly.release(), (std::vector<std::uint64_t>{2, 5, 0}));
  EXPECT_EQ(nightly.post(), 2U);
  EXPECT_EQ(nightly.dev(), 20240617U);
  EXPECT_EQ(nightly.local(), "cu121.x");
  EXPECT_EQ(nightly.public_text(), "1!2.5.0rc1.post2.dev20240617");
  EXPECT_EQ(nightly.without_local().text(), nightly.public_text());
  EXPECT_EQ(version("2.5+cpu").first_dev().text(), "2.5.dev0");
}

TEST(Version, TellsPreReleasesFromOthers) {
  for (const auto* text : {"1.0a1", "1.0rc1", "1.0.dev1", "1.0.post1.dev1"})
    EXPECT_TRUE(version(text).is_prerelease()) << text;
  for (const auto* text : {"1.0", "1.0.post1", "1.0+a1"}) EXPECT_FALSE(version(text).is_prerelease()) << text;
  EXPECT_TRUE(version("1.0.post1").post());
  EXPECT_FALSE(version("1.0").post());
}

TEST(Version, OrdersAsPep440) {
  // Its own examples, and the local versions.
  const char* ascending[] = {"1.dev0",        "1.0.dev456",    "1.0a1",
                             "1.0a2.dev456",  "1.0a12.dev456", "1.0a12",
                             "1.0b1.dev456",  "1.0b2",         "1.0b2.post345.dev456",
                             "1.0b2.post345", "1.0rc1.dev456", "1.0rc1",
                             "1.0",           "1.0+abc.5",     "1.0+abc.7",
                             "1.0+5",         "1.0+5.0",       "1.0.post456.dev34",
                             "1.0.post456",   "1.0.15",        "1.1.dev1",
                             "1!0.1"};
  for (std::size_t i = 0; i + 1 < std::size(ascending); ++i) {
    EXPECT_LT(version(ascending[i]), version(ascending[i + 1])) << ascending[i] << " " << ascending[i + 1];
  }
  EXPECT_EQ(version("1.0"), version("1.0.0"));
  EXPECT_EQ(version("1.0rc1"), version("1C1"));
  EXPECT_NE(version("1.0"), version("1.0+cpu"));
}

TEST(Version, SaysWhereItCannotBeRead) {
  EXPECT_EQ(error_of(""), "error: expected a number at column 1 of the version \"\", found the end\n");
  EXPECT_EQ(error_of("nightly"),
            "error: expected a number at column 1 of the version \"nightly\", found \"nightly\"\n");
  EXPECT_EQ(error_of("1.0.*"),
            "error: expected the end or a further part (PEP 440) at column 4 of the version \"1.0.*\", found "
            "\".*\"\n");
  EXPECT_EQ(error_of("1.0+"),
            "error: expected a letter or digit of the local version at column 5 of the version \"1.0+\", "
            "found the end\n");
  EXPECT_EQ(error_of("1.18446744073709551616"),
            "error: the number \"18446744073709551616\" in the version \"1.18446744073709551616\" is too "
            "large: expected "
            "one that fits 64 bits\n");
  EXPECT_EQ(
      error_of("1.0\x1b[2J"),
      "error: expected the end or a further part (PEP 440) at column 4 of the version \"1.0\\x1b[2j\", found "
      "\"\\x1b[2j\"\n");
}

TEST(Version, CutsLongTextInErrors) {
  const auto text = error_of(std::string(5000, 'x'));
  EXPECT_LT(text.size(), 4300U);
  EXPECT_NE(text.find("…\" (5000 bytes)"), std::string::npos) << text;
}

}  // namespace
}  // namespace launch::specs
