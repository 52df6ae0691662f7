#include "resolve/version_set.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace launch::resolve {
namespace {

std::vector<specs::Version> versions(const std::vector<std::string>& texts) {
  std::vector<specs::Version> out;
  out.reserve(texts.size());
  for (const auto& text : texts) out.push_back(*specs::Version::parse(text));
  return out;
}

const auto kVersions =
    versions({"0.9", "1.0rc1", "1.0", "1.0.post1", "1.1+cu121", "2.0.dev20240617+cu121", "2.0"});

VersionSet set_of(const std::string& specifier) {
  return matching(*specs::SpecifierSet::parse(specifier), kVersions);
}

std::string text_of(const VersionSet& set) {
  return versions_text(set, kVersions);
}

TEST(VersionSet, FollowsPep440) {
  EXPECT_EQ(text_of(set_of("")), "");
  EXPECT_EQ(text_of(set_of(">=1.0")), ">=1.0");
  EXPECT_EQ(text_of(set_of(">1.0")), ">=1.1+cu121");
  EXPECT_EQ(text_of(set_of("<1.0")), "0.9");
  EXPECT_EQ(text_of(set_of("==1.1")), "1.1+cu121");
  EXPECT_EQ(text_of(set_of("==2.0.dev20240617")), "2.0.dev20240617+cu121");
  EXPECT_EQ(text_of(set_of("==1.0.*")), ">=1.0rc1, <1.1+cu121");
  EXPECT_EQ(text_of(set_of("!=1.0")), "<1.0 or >=1.0.post1");
  EXPECT_TRUE(set_of(">3").empty());
}

TEST(VersionSet, ComplementsUnionsAndIntersectionsAreExact) {
  const auto a = set_of(">=1.0");
  const auto b = set_of("<2.0");
  EXPECT_EQ(text_of(a & b), ">=1.0, <2.0.dev20240617+cu121");
  EXPECT_TRUE((a | ~a).everything());
  EXPECT_TRUE((a & ~a).empty());
  EXPECT_EQ(~~a, a);
  EXPECT_TRUE((a & b).subset_of(a));
  EXPECT_FALSE(a.subset_of(b));
  EXPECT_TRUE(set_of("==0.9").disjoint_from(a));
  EXPECT_EQ(a.count_versions(), 5U);
}

TEST(VersionSet, AbsenceIsOutsideEveryVersion) {
  const auto any = VersionSet::any_version(64);
  EXPECT_FALSE(any.holds_absence());
  EXPECT_EQ(any.count_versions(), 64U);
  EXPECT_FALSE(any.everything());
  EXPECT_TRUE((~any).holds_absence());
  EXPECT_EQ((~any).count_versions(), 0U);
  EXPECT_TRUE((any | ~any).everything());
  EXPECT_TRUE((~VersionSet::none(63)).everything());
}

TEST(VersionSet, ShortensWhatNobodyWouldRead) {
  std::vector<std::string> texts;
  texts.reserve(20);
  for (int i = 0; i < 20; ++i) texts.push_back(std::to_string(i));
  auto set = VersionSet::none(20);
  for (std::size_t i = 1; i < 20; i += 2) set.add(i);
  EXPECT_EQ(versions_text(set, versions(texts)), "1 … 19 (10 versions)");
}

}  // namespace
}  // namespace launch::resolve
