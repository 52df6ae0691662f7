#include "resolve/pubgrub.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "resolve/explain.hpp"
#include "unit/resolve/table_provider.hpp"

namespace launch::resolve {
namespace {

class PubGrub : public ::testing::Test {
 protected:
  /// "a 2.0, b[x] 1.0", or the explanation.
  std::string resolve(const std::vector<std::string>& requirements) {
    std::vector<specs::Requirement> parsed;
    parsed.reserve(requirements.size());
    for (const auto& text : requirements) parsed.push_back(*specs::Requirement::parse(text));
    last = *solve("demo", parsed, index, bounds);
    if (!last.solution) return explain(last.conflict);
    std::vector<std::string> out;
    for (const auto& [name, chosen] : *last.solution) {
      const std::vector<std::string> extras(chosen.extras.begin(), chosen.extras.end());
      out.push_back(name + (extras.empty() ? "" : "[" + join(extras, ",") + "]") + " " +
                    chosen.version.text());
    }
    return join(out, ", ");
  }

  void bind(const std::string& text) {
    const auto bound = *specs::Requirement::parse(text);
    bounds.push_back({bound.name, bound.specifier, "constraint"});
  }

  TableProvider index;
  std::vector<Bound> bounds;
  Outcome last;
};

TEST_F(PubGrub, NothingIsNeeded) {
  EXPECT_EQ(resolve({}), "");
}

TEST_F(PubGrub, TakesTheNewestOfAll) {
  index.add("a", "1.0");
  index.add("a", "2.0", {"b>=1", "c"});
  index.add("b", "1.0");
  index.add("b", "1.1");
  index.add("c", "3", {"b<2"});
  EXPECT_EQ(resolve({"a"}), "a 2.0, b 1.1, c 3");
  EXPECT_EQ(last.conflicts, 0U);
}

TEST_F(PubGrub, ABoundAsksForNothing) {
  index.add("a", "1.0");
  index.add("a", "2.0", {"b"});
  index.add("b", "1.0");
  index.add("b", "2.0");
  index.add("c", "1.0");
  bind("b<2");
  bind("c<1");
  EXPECT_EQ(resolve({"a"}), "a 2.0, b 1.0");
  bind("b>1");
  EXPECT_EQ(resolve({"a"}), "a 1.0");
  EXPECT_EQ(resolve({"a>1"}),
            "Because demo has the constraint b<2 and demo has the constraint b>1, demo cannot use any "
            "version of b.\n"
            "And because demo requires a>1 and a 2.0 requires b, the requirements of demo cannot be met.");
}

TEST_F(PubGrub, ABoundThatNothingMeetsSaysWhy) {
  index.add("a", "1.0");
  bind("a==3");
  EXPECT_EQ(resolve({"a"}),
            "Because demo requires a and demo has the constraint a==3, but the newest a is 1.0, the "
            "requirements of "
            "demo cannot be met.");
}

TEST_F(PubGrub, APackageThatConflictsAgainAndAgainIsDecidedFirst) {
  index.add("a", "1.0.0");
  index.add("a", "2.0.0");
  index.add("b", "1.0.0", {"old"});
  for (int i = 0; i < 10; ++i) index.add("b", fmt::format("2.0.{}", i), {"a==1.0.0"});
  index.add("old", "1.0.0");
  EXPECT_EQ(resolve({"a", "b"}), "a 1.0.0, b 2.0.9");
}

TEST_F(PubGrub, ABoundThatNamesAPreReleaseWantsIt) {
  index.add("a", "1.0");
  index.add("a", "2.0rc1");
  bind("a>=1.0rc1");
  EXPECT_EQ(resolve({"a"}), "a 2.0rc1");
}

TEST_F(PubGrub, AvoidsAConflictAtTheDecision) {
  index.add("foo", "1.0.0");
  index.add("foo", "1.1.0", {"bar==2.0.0"});
  index.add("bar", "1.0.0");
  index.add("bar", "1.1.0");
  index.add("bar", "2.0.0");
  EXPECT_EQ(resolve({"foo", "bar<2"}), "bar 1.1.0, foo 1.0.0");
}

TEST_F(PubGrub, LearnsFromAConflict) {
  index.add("foo", "1.0.0");
  index.add("foo", "2.0.0", {"bar>=1,<2"});
  index.add("bar", "1.0.0", {"foo>=1,<2"});
  EXPECT_EQ(resolve({"foo>=1"}), "foo 1.0.0");
  EXPECT_GE(last.conflicts, 1U);
}

TEST_F(PubGrub, LearnsFromAPartialSatisfier) {
  index.add("foo", "1.0.0");
  index.add("foo", "1.1.0", {"left>=1,<2", "right>=1,<2"});
  index.add("left", "1.0.0", {"shared>=1"});
  index.add("right", "1.0.0", {"shared<2"});
  index.add("shared", "1.0.0", {"target>=1,<2"});
  index.add("shared", "2.0.0");
  index.add("target", "1.0.0");
  index.add("target", "2.0.0");
  EXPECT_EQ(resolve({"foo>=1,<2", "target>=2,<3"}), "foo 1.0.0, target 2.0.0");
}

TEST_F(PubGrub, JumpsBackOverWhatHadNoPart) {
  // b and c are not involved in the conflict between a and e, so not all of their versions must be tried.
  for (int i = 0; i < 30; ++i) {
    index.add("b", std::to_string(i));
    index.add("c", std::to_string(i));
  }
  index.add("a", "1");
  index.add("a", "2", {"d"});
  index.add("d", "1", {"e<5"});
  index.add("e", "4");
  index.add("e", "5");
  index.add("z", "1", {"e>=5"});
  EXPECT_EQ(resolve({"a", "b", "c", "z"}), "a 1, b 29, c 29, e 5, z 1");
  EXPECT_LE(index.asked["b"], 2);
  EXPECT_LE(index.asked["c"], 2);
}

TEST_F(PubGrub, TriesNoVersionTwiceForOneReason) {
  // Each of 40 a needs a b that does not go with c; one conflict a version of a at the most.
  for (int i = 1; i <= 40; ++i) {
    index.add("a", std::to_string(i), {"b==" + std::to_string(i)});
    index.add("b", std::to_string(i), {"c<1"});
  }
  index.add("a", "0");
  index.add("c", "0");
  index.add("c", "1");
  EXPECT_EQ(resolve({"a", "c>=1"}), "a 0, c 1");
  EXPECT_LE(last.decisions, 130U);
}

TEST_F(PubGrub, GoesRoundInCircles) {
  index.add("a", "1", {"b"});
  index.add("b", "1", {"a>=1", "b"});
  EXPECT_EQ(resolve({"a"}), "a 1, b 1");
}

TEST_F(PubGrub, ARootMayHaveThePackagesName) {
  index.add("demo", "3");
  EXPECT_EQ(resolve({"demo"}), "demo 3");
}

TEST_F(PubGrub, PreferredVersionsAreKeptWhileTheyFit) {
  index.add("a", "1");
  index.add("a", "2");
  index.add("a", "3");
  index.prefer("a", "2");
  EXPECT_EQ(resolve({"a"}), "a 2");
  EXPECT_EQ(resolve({"a>2"}), "a 3");
}

TEST_F(PubGrub, ExtrasAddTheirRequirements) {
  index.add("a", "1", {"b", "c; extra == 'x'", "d; extra == 'y'"});
  index.add("b", "1");
  index.add("c", "1");
  index.add("d", "1");
  EXPECT_EQ(resolve({"a"}), "a 1, b 1");
  EXPECT_EQ(resolve({"a[x]"}), "a[x] 1, b 1, c 1");
  EXPECT_EQ(resolve({"a[x]", "a[y]"}), "a[x,y] 1, b 1, c 1, d 1");
  EXPECT_EQ(resolve({"a[nothing]"}), "a[nothing] 1, b 1");
}

TEST_F(PubGrub, ExtrasOfExtras) {
  index.add("a", "1", {"a[x,y]; extra == 'all'", "c; extra == 'x'", "d[z]>=2; extra == 'y'"});
  index.add("c", "1");
  index.add("d", "1");
  index.add("d", "2", {"e; extra == 'z'"});
  index.add("e", "5");
  EXPECT_EQ(resolve({"a[all]"}), "a[all,x,y] 1, c 1, d[z] 2, e 5");
}

TEST_F(PubGrub, AnExtraIsOfItsPackagesVersion) {
  index.add("a", "1", {"c; extra == 'x'"});
  index.add("a", "2", {"c>=2; extra == 'x'"});
  index.add("c", "1");
  index.add("b", "1", {"a<2"});
  EXPECT_EQ(resolve({"a[x]"}), "a[x] 1, c 1");
  EXPECT_EQ(resolve({"a[x]", "b"}), "a[x] 1, b 1, c 1");
}

TEST_F(PubGrub, ReleasesComeBeforePrereleases) {
  index.add("a", "1.0");
  index.add("a", "2.0rc1");
  EXPECT_EQ(resolve({"a"}), "a 1.0");
  EXPECT_EQ(resolve({"a>=1"}), "a 1.0");
}

TEST_F(PubGrub, ANamedPrereleaseIsTaken) {
  index.add("a", "1.0");
  index.add("a", "2.0rc1");
  index.add("a", "3.0.dev1");
  EXPECT_EQ(resolve({"a>=2.0rc1"}), "a 3.0.dev1");
  EXPECT_EQ(resolve({"a==2.0rc1"}), "a 2.0rc1");
  EXPECT_EQ(resolve({"a==2.0rc1", "a>=1"}), "a 2.0rc1");
  EXPECT_EQ(resolve({"a>=1", "a==2.0rc1"}), "a 2.0rc1");
}

TEST_F(PubGrub, APrereleaseIsTakenWhenThereIsNothingElse) {
  index.add("a", "1.0a1");
  index.add("a", "1.0a2");
  EXPECT_EQ(resolve({"a"}), "a 1.0a2");
  index.add("b", "1.0");
  index.add("b", "2.0rc1");
  EXPECT_EQ(resolve({"b>1"}), "b 2.0rc1");
}

TEST_F(PubGrub, ADependencysPrereleaseComesLast) {
  index.add("a", "1", {"b<3.dev0"});
  index.add("b", "1");
  index.add("b", "2rc1");
  EXPECT_EQ(resolve({"a"}), "a 1, b 1");
  index.add("a", "2", {"b==2rc1"});
  EXPECT_EQ(resolve({"a", "b"}), "a 2, b 2rc1");
}

TEST_F(PubGrub, AConflictBetweenReleasesIsNotMendedByAPrerelease) {
  index.add("a", "1", {"c<1"});
  index.add("a", "2rc1");
  index.add("c", "0");
  index.add("c", "1");
  EXPECT_EQ(resolve({"a", "c>=1"}),
            "Because demo requires a and a 1 requires c<1, demo requires c<1.\n"
            "And because demo requires c>=1, the requirements of demo cannot be met.");
}

TEST_F(PubGrub, ANightlyChannelsPrereleasesAreAsGoodAsReleases) {
  index.add("torch", "2.4.0");
  index.add("torch", "2.5.0.dev20240617+cu121");
  index.take_prereleases("torch");
  EXPECT_EQ(resolve({"torch"}), "torch 2.5.0.dev20240617+cu121");
  EXPECT_EQ(resolve({"torch==2.5.0.dev20240617"}), "torch 2.5.0.dev20240617+cu121");
}

TEST_F(PubGrub, AnUnusableVersionIsPassedOver) {
  index.add("a", "1");
  index.add_unusable("a", "2", "needs Python >=3.13");
  EXPECT_EQ(resolve({"a"}), "a 1");
}

TEST_F(PubGrub, PrefetchesSideBySide) {
  index.add("a", "1", {"c", "d"});
  index.add("b", "1", {"e"});
  index.add("c", "1");
  index.add("d", "1");
  index.add("e", "1");
  resolve({"a", "b"});
  EXPECT_THAT(index.prefetched,
              ::testing::ElementsAre("a", "b", "a 1", "b 1", "c", "d", "c 1", "d 1", "e", "e 1"));
}

TEST_F(PubGrub, PrefetchesMoreAndMoreWhereVersionAfterVersionIsTried) {
  for (int version = 1; version <= 20; ++version) index.add("a", std::to_string(version), {"b>=2"});
  index.add("b", "1");
  index.add("b", "2");
  EXPECT_EQ(resolve({"a", "b<2"}),
            "Because demo requires a and every version of a requires b>=2, demo requires b>=2.\n"
            "And because demo requires b<2, the requirements of demo cannot be met.");
  EXPECT_THAT(index.batches, ::testing::ElementsAre(2, 1, 1, 4, 8, 5));
}

TEST_F(PubGrub, TheProvidersErrorIsTheAnswer) {
  class Broken final : public Provider {
    Result<std::vector<specs::Version>> candidates(const std::string&) override {
      return fail(environment_error("no network"));
    }
    bool takes_prereleases(const std::string&) override { return false; }
    Reason absence(const std::string&, const specs::SpecifierSet&) override { return {}; }
    Result<Dependencies> dependencies(const std::string&, const specs::Version&,
                                      const std::set<std::string>&) override {
      return Dependencies{};
    }
    void prefetch_candidates(std::span<const std::string>) override {}
    void prefetch_dependencies(std::span<const PackageVersion>) override {}
  } broken;
  const std::vector requirements = {*specs::Requirement::parse("a")};
  const auto outcome = solve("demo", requirements, broken);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "no network");
}

}  // namespace
}  // namespace launch::resolve
