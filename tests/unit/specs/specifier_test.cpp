#include "specs/specifier.hpp"

#include <gtest/gtest.h>

namespace launch::specs {
namespace {

SpecifierSet set(std::string_view text) {
  auto parsed = SpecifierSet::parse(text);
  EXPECT_TRUE(parsed) << parsed.error().text();
  return parsed.value_or(SpecifierSet());
}

bool matches(std::string_view clauses, std::string_view version) {
  return set(clauses).matches(Version::parse(version).value());
}

/// PEP 440, "Handling of pre-releases".
bool contains(std::string_view clauses, std::string_view version) {
  const auto candidate = Version::parse(version).value();
  return set(clauses).matches(candidate) && (!candidate.is_prerelease() || set(clauses).wants_prereleases());
}

std::string error_of(std::string_view text) {
  const auto parsed = SpecifierSet::parse(text);
  return parsed ? "no error" : parsed.error().text();
}

struct Case {
  const char* clauses;
  const char* version;
  bool holds;
};

TEST(Specifier, HoldsAsPep440Says) {
  const Case cases[] = {
      {"==2.5", "2.5.0", true},
      {"==2.5", "2.5+cu121", true},
      {"==2.5+cu121", "2.5", false},
      {"==2.5+cu121", "2.5+cu121", true},
      {"==2.5.*", "2.5.1.dev1", true},
      {"==2.5.*", "2.50", false},
      {"==2.5.*", "1!2.5", false},
      {"!=2.5.*", "2.5rc1", false},
      {"!=2.5", "2.5+cpu", false},
      {"~=2.5", "2.9", true},
      {"~=2.5", "3.0", false},
      {"~=2.5.1", "2.6", false},
      {"~=2.5", "2.5rc1", false},
      {">=2.5", "2.5+cpu", true},
      {">=2.5", "2.5rc1", false},
      {"<=2.5", "2.5+cpu", true},
      {"<=2.5", "2.5.post1", false},
      {">2.5", "2.5.post1", false},
      {">2.5", "2.5+cpu", false},
      {">2.5", "2.5.1", true},
      {">2.5.post1", "2.5.post2", true},
      {"<2.5", "2.5rc1", false},
      {"<2.5", "2.4.9", true},
      {"<2.5rc2", "2.5rc1", true},
      {"===2.5", "2.5", true},
      {"===2.5.0", "2.5", false},
      {"===2.5+CU121", "2.5+cu121", true},
      {">=2,<3", "2.5", true},
      {">=2,<3", "3.1", false},
      {"", "1.0", true},
  };
  for (const auto& [clauses, version, holds] : cases)
    EXPECT_EQ(matches(clauses, version), holds) << clauses << " " << version;
}

TEST(Specifier, TakesPreReleasesOnlyWhereAClauseNamesOne) {
  EXPECT_FALSE(contains(">=2.0", "2.5.0.dev20240617"));
  EXPECT_TRUE(contains(">=2.0.dev0", "2.5.0.dev20240617"));
  EXPECT_TRUE(contains("==2.5.0.dev20240617", "2.5.0.dev20240617+cu121"));
  EXPECT_FALSE(contains("!=2.0rc1", "2.5rc1"));
  EXPECT_TRUE(contains(">=1,!=2,<3rc1", "2.5rc1"));
  EXPECT_FALSE(contains("", "1.0a1"));
  EXPECT_TRUE(contains("", "1.0"));
  EXPECT_TRUE(set(">=1a1").wants_prereleases());
  EXPECT_FALSE(set("==1.*").wants_prereleases());
}

TEST(Specifier, ArbitraryEqualityTakesAnyText) {
  const auto clause = Specifier::parse("=== Weird").value();
  EXPECT_EQ(clause.version, std::nullopt);
  EXPECT_TRUE(clause.matches_text("wEIRD"));
  EXPECT_FALSE(clause.matches_text("weird1"));
  EXPECT_FALSE(Specifier::parse(">=1").value().matches_text("weird"));
}

TEST(Specifier, WritesItselfNormalizedAndSorted) {
  EXPECT_EQ(set(" < 3 , >=v2.0-RC1,>=2.0rc1 ,!=2.5.* ").text(), "!=2.5.*,<3,>=2.0rc1");
  EXPECT_EQ(set("=== 1.0.0 ").text(), "===1.0.0");
  EXPECT_EQ(set("").text(), "");
  EXPECT_TRUE(set(" , ").empty());
}

TEST(Specifier, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("2.5"),
            "error: \"2.5\" is not a version specifier: expected one of ===, ==, ~=, !=, <=, >=, <, > and "
            "then a version\n");
  EXPECT_EQ(error_of(">=2,=3"),
            "error: \"=3\" is not a version specifier: expected one of ===, ==, ~=, !=, <=, >=, <, > and "
            "then a version\n");
  EXPECT_EQ(error_of(">=2.*"),
            "error: \">=2.*\" is not a version specifier: \".*\" is allowed only with == and !=\n");
  EXPECT_EQ(
      error_of("==2rc1.*"),
      "error: \"==2rc1.*\" is not a version specifier: \".*\" is allowed only after plain release numbers\n");
  EXPECT_EQ(error_of(">2+cpu"),
            "error: \">2+cpu\" is not a version specifier: a local version (\"+…\") is allowed only with == "
            "and !=\n");
  EXPECT_EQ(error_of("~=2"),
            "error: \"~=2\" is not a version specifier: ~= requires at least two release numbers\n");
  EXPECT_EQ(error_of("===a b"),
            "error: \"===a b\" is not a version specifier: expected one word after ===\n");
  EXPECT_EQ(error_of(">=x"),
            "error: expected a number at column 1 of the version \"x\", found \"x\"\n"
            "  while reading the version specifier \">=x\"\n");
}

}  // namespace
}  // namespace launch::specs
