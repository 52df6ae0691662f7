#include "resolve/explain.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "resolve/pubgrub.hpp"
#include "unit/resolve/table_provider.hpp"

namespace launch::resolve {
namespace {

class Explain : public ::testing::Test {
 protected:
  std::string why(const std::vector<std::string>& requirements) {
    std::vector<specs::Requirement> parsed;
    parsed.reserve(requirements.size());
    for (const auto& text : requirements) parsed.push_back(*specs::Requirement::parse(text));
    const auto outcome = *solve("demo", parsed, index);
    EXPECT_FALSE(outcome.solution);
    return explain(outcome.conflict);
  }
  TableProvider index;
};

TEST_F(Explain, NoSuchProject) {
  EXPECT_EQ(why({"torhc"}),
            "Because demo requires torhc, but the index has no project named torhc, the requirements of demo "
            "cannot be "
            "met.");
}

TEST_F(Explain, NoSuchVersion) {
  index.add("a", "4.2");
  EXPECT_EQ(why({"a>=5"}),
            "Because demo requires a>=5, but the newest a is 4.2, the requirements of demo cannot be met.");
}

TEST_F(Explain, TwoRequirementsOfTheRoot) {
  index.add("a", "1");
  index.add("a", "2");
  EXPECT_EQ(why({"a<2", "a>=2"}),
            "Because demo requires a<2 and demo requires a>=2, the requirements of demo cannot be met.");
}

TEST_F(Explain, ALinearChain) {
  index.add("foo", "1.0.0", {"bar>=2"});
  index.add("bar", "2.0.0", {"baz>=3"});
  index.add("baz", "1.0.0");
  index.add("baz", "3.0.0");
  EXPECT_EQ(
      why({"foo>=1", "baz<2"}),
      "Because foo 1.0.0 requires bar>=2 and bar 2.0.0 requires baz>=3, foo 1.0.0 requires baz>=3.\n"
      "And because demo requires foo>=1 and demo requires baz<2, the requirements of demo cannot be met.");
}

TEST_F(Explain, VersionsWithTheSameNeedAreSaidOnce) {
  index.add("a", "1.0", {"b<1"});
  index.add("a", "2.0", {"b<1"});
  index.add("a", "2.1", {"b<1"});
  index.add("b", "0.5");
  index.add("b", "1.0");
  EXPECT_EQ(why({"a>=2", "b>=1"}),
            "Because demo requires a>=2 and a>=2 requires b<1, demo requires b<1.\n"
            "And because demo requires b>=1, the requirements of demo cannot be met.");
}

TEST_F(Explain, WhatManyVersionsRequireInManyWaysIsOneReason) {
  index.add_unusable("a", "1", "has metadata that cannot be read");
  index.add("a", "2", {"b>=2"});
  index.add("a", "3", {"b>=3"});
  index.add("a", "4", {"b>=4"});
  for (const auto* version : {"1", "2", "3", "4"}) index.add("b", version);
  EXPECT_EQ(why({"a", "b<2"}),
            "Because demo requires a and every version of a requires b>=2 (a 1 has metadata that cannot be "
            "read), demo "
            "requires b>=2.\n"
            "And because demo requires b<2, the requirements of demo cannot be met.");
}

TEST_F(Explain, ARequirementForAPackageAndItsExtraIsSaidOnce) {
  index.add("a", "1", {"gone", "lost; extra == 'x'"});
  index.add("a", "2", {"gone; extra == 'x'"});
  EXPECT_EQ(
      why({"a[x]"}),
      "Because a 1 requires gone, but the index has no project named gone, and a[x] 2 requires gone, every "
      "version of a and every version of a[x] cannot be used together.\n"
      "And because demo requires a[x], the requirements of demo cannot be met.");
}

TEST_F(Explain, EveryVersionFailsInItsOwnWay) {
  index.add("a", "1.0", {"b<1"});
  index.add("a", "2.0", {"c<1"});
  index.add("b", "0.5");
  index.add("b", "1.0");
  index.add("c", "0.5");
  index.add("c", "1.0");
  EXPECT_EQ(why({"a", "b>=1", "c>=1"}),
            "Because a 2.0 requires c<1 and a 1.0 requires b<1, every version of a requires b<1 or c<1.\n"
            "And because demo requires a, demo requires b<1 or c<1.\n"
            "And because demo requires b>=1 and demo requires c>=1, the requirements of demo cannot be met.");
}

TEST_F(Explain, BranchesWithNumberedLines) {
  index.add("foo", "1.0.0", {"a", "b<2"});
  index.add("foo", "1.1.0", {"x", "y<2"});
  index.add("a", "1.0.0", {"b>=2"});
  index.add("b", "1.0.0");
  index.add("b", "2.0.0");
  index.add("x", "1.0.0", {"y>=2"});
  index.add("y", "1.0.0");
  index.add("y", "2.0.0");
  EXPECT_EQ(why({"foo"}),
            "Because foo 1.0.0 requires a and a 1.0.0 requires b>=2, foo 1.0.0 requires b>=2.\nAnd because "
            "foo 1.0.0 requires b<2, foo 1.0.0 cannot be used. (1)\nBecause foo 1.1.0 requires x and x 1.0.0 "
            "requires y>=2, foo 1.1.0 requires y>=2.\nAnd because foo 1.1.0 requires y<2, foo 1.1.0 cannot "
            "be used.\nAnd because foo 1.0.0 cannot be used (1), no version of foo can be used.\nAnd because "
            "demo requires foo, the requirements of demo cannot be met.");
}

TEST_F(Explain, AnExtraThatConflicts) {
  index.add("a", "1", {"c>=2; extra == 'x'"});
  index.add("c", "1");
  index.add("c", "2");
  EXPECT_EQ(why({"a[x]", "c<2"}),
            "Because demo requires a[x] and a[x] 1 requires c>=2, demo requires c>=2.\n"
            "And because demo requires c<2, the requirements of demo cannot be met.");
}

TEST_F(Explain, AnExtraOfTheWrongVersion) {
  index.add("a", "1", {"c>=2; extra == 'x'"});
  index.add("a", "2", {"c>=1; extra == 'x'"});
  index.add("b", "1", {"a<2"});
  index.add("c", "1");
  index.add("c", "2");
  EXPECT_EQ(why({"a[x]", "b", "c<2"}),
            "Because b 1 requires a<2 and a[x] 1 requires c>=2, every version of a[x] and b 1 together "
            "require c>=2.\n"
            "And because demo requires a[x], demo and b 1 together require c>=2.\n"
            "And because demo requires b and demo requires c<2, the requirements of demo cannot be met.");
}

TEST_F(Explain, UnusableMetadata) {
  index.add_unusable("a", "1", "needs Python >=3.13");
  index.add_unusable("a", "2", "has metadata that cannot be read");
  EXPECT_EQ(why({"a"}),
            "Because a 1 needs Python >=3.13 and a 2 has metadata that cannot be read, no version of a "
            "can be used.\n"
            "And because demo requires a, the requirements of demo cannot be met.");
}

TEST_F(Explain, ADeepMissingPackage) {
  index.add("a", "1", {"b"});
  index.add("b", "1", {"gone>=3"});
  EXPECT_EQ(why({"a"}),
            "Because a 1 requires b and b 1 requires gone>=3, but the index has no project named gone, a 1 "
            "cannot be used.\n"
            "And because demo requires a, the requirements of demo cannot be met.");
}

}  // namespace
}  // namespace launch::resolve
