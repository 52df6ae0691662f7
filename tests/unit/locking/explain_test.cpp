#include "locking/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/values.hpp"
#include "specs/texts.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Explain : public ResolveLock {
 protected:
  Explanation explain(const std::string& package) {
    auto explanation = explain_lock(request(), package, site, http, store(), work);
    EXPECT_TRUE(explanation) << explanation.error().text();
    return explanation ? *std::move(explanation) : Explanation{};
  }
  static std::vector<std::string> texts(const std::vector<Need>& needs) {
    std::vector<std::string> out;
    for (const auto& need : needs) out.push_back(need.by + ": " + need.requirement);
    return out;
  }
  /// "VERSION: why / for NEWER: what would allow it", one per version.
  std::vector<std::string> whys(const std::string& package) {
    std::vector<std::string> out;
    for (const auto& reason : explain(package).reasons) {
      out.push_back(fmt::format("{}: {} / for {}: {}", reason.version.text(), reason.why,
                                reason.newer ? reason.newer->text() : "a newer one", reason.for_newer));
    }
    return out;
  }
};

TEST_F(Explain, TheShortestChainAndAllRequirements) {
  general.add("long", "1.0", {"middle"});
  general.add("middle", "1.0", {"app"});
  general.add_wheel({.name = "app",
                     .version = "1.0",
                     .requires_dist = {"leaf[x]>=1; extra == 'fast'"},
                     .provides_extra = {"fast"}},
                    {});
  general.add("leaf", "1.0");
  take({"long", "app[fast]", "leaf<9; sys_platform == 'win32'"});
  const auto explanation = explain("leaf");
  ASSERT_EQ(explanation.reasons.size(), 1U);
  const auto& reason = explanation.reasons[0];
  EXPECT_THAT(texts(reason.chain), ElementsAre("demo: app[fast]", "app 1.0: leaf[x]>=1"));
  EXPECT_THAT(texts(reason.required_by), ElementsAre("app 1.0: leaf[x]>=1"));
  EXPECT_EQ(reason.index, std::string(kGeneral));
  EXPECT_THAT(texts(explain("app").reasons[0].required_by),
              ElementsAre("demo: app[fast]", "middle 1.0: app"));
  EXPECT_THAT(explain("middle").reasons[0].chain.size(), 2U);
}

TEST_F(Explain, TheNewest) {
  general.add("a", "1.0");
  general.add("a", "2.0rc1");
  take({"a"});
  EXPECT_THAT(whys("a"),
              ElementsAre("1.0: it is the newest with a wheel for Python 3.12 on linux-x86_64 / for "
                          "a newer one: "));
}

TEST_F(Explain, NewerOnesThatCannotBeInstalled) {
  const std::string newest =
      "1.0: it is the newest with a wheel for Python 3.12 on linux-x86_64 / for a newer one: ";
  general.add("a", "1.0");
  general.add_archive("a", "4.0");
  general.add("b", "1.0");
  general.add("b", "2.0", {}, "cp313-cp313-manylinux_2_28_x86_64");
  general.add("c", "1.0");
  general.add_wheel({.name = "c", .version = "2.0"}, {.yanked = "broken"});
  general.add("d", "1.0");
  general.add_wheel({.name = "d", .version = "2.0"}, {.requires_python = ">=3.13"});
  take({"a", "b", "c", "d"});
  EXPECT_THAT(whys("a"), ElementsAre(newest + "a 4.0 has only a source archive"));
  EXPECT_THAT(whys("b"), ElementsAre(newest + "b 2.0 has wheels for cp313, none for cp312"));
  EXPECT_THAT(whys("c"), ElementsAre(newest + "c 2.0 was yanked from its index: broken"));
  EXPECT_THAT(whys("d"), ElementsAre(newest + "d 2.0 needs Python >=3.13"));
}

TEST_F(Explain, ABoundOfTheRecipe) {
  general.add("a", "1.0");
  general.add("a", "2.0");
  take({"a<2"});
  EXPECT_THAT(whys("a"),
              ElementsAre("1.0: demo requires a<2 / for 2.0: change what the recipe demo requires, to "
                          "allow a 2.0"));
}

TEST_F(Explain, AConstraintAndAnOverride) {
  for (const auto* name : {"a", "b"}) {
    general.add(name, "1.0");
    general.add(name, "2.0");
  }
  general.add("app", "1.0", {"b>=2"});
  take({"a", "app"});
  recipe.lock.constraints = {requirement("a<2")};
  recipe.lock.overrides = {requirement("b==1.0")};
  EXPECT_THAT(whys("a"),
              ElementsAre("1.0: demo has the constraint a<2 / for 2.0: change what the recipe demo "
                          "requires, to allow a 2.0"));
  EXPECT_THAT(whys("b"),
              ElementsAre("1.0: demo has the override b==1.0 / for 2.0: change what the recipe demo "
                          "requires, to allow b 2.0"));
  EXPECT_THAT(texts(explain("b").reasons[0].required_by), ElementsAre("app 1.0: b", "demo: b==1.0"));
}

TEST_F(Explain, ABoundOfAPackage) {
  general.add("leaf", "1.0");
  general.add("leaf", "2.0");
  general.add("app", "3.0", {"leaf<2"});
  take({"app", "leaf"});
  const auto explanation = explain("leaf");
  EXPECT_THAT(texts(explanation.reasons.at(0).blocked_by), ElementsAre("app 3.0: leaf<2"));
  EXPECT_THAT(whys("leaf"), ElementsAre("1.0: app 3.0 requires leaf<2 / for 2.0: "));
  general.add("app", "2.0", {"leaf"});
  EXPECT_THAT(
      whys("leaf"),
      ElementsAre("1.0: app 3.0 requires leaf<2 / for 2.0: leaf 2.0 goes with app 2.0 in place of 3.0"));
}

TEST_F(Explain, ANewerOneWhoseOwnRequirementsDoNotFit) {
  general.add("base", "1.0");
  general.add("base", "2.0");
  general.add("a", "1.0");
  general.add("a", "2.0", {"base>=2"});
  take({"base<2", "a"});
  EXPECT_THAT(whys("a"), ElementsAre("1.0: a 2.0 requires base>=2 / for 2.0: "));
}

TEST_F(Explain, ALockedOneThatStillFits) {
  general.add("a", "1.0");
  take({"a"});
  previous = lock()->lock;
  general.add("a", "2.0");
  EXPECT_THAT(whys("a"),
              ElementsAre("1.0: the lock has it, and it still fits / for 2.0: run `launch lock demo "
                          "--upgrade a`"));
  upgrade = true;
  EXPECT_THAT(whys("a"),
              ElementsAre("2.0: it is the newest with a wheel for Python 3.12 on linux-x86_64 / for "
                          "a newer one: "));
}

TEST_F(Explain, PlatformsThatDiffer) {
  recipe.platforms = {fakes::x86(), fakes::arm()};
  general.add("a", "1.0", {}, "cp312-cp312-manylinux_2_28_aarch64");
  general.add("a", "2.0", {}, "cp312-cp312-manylinux_2_28_x86_64");
  general.add("same", "1.0");
  take({"a", "same"});
  const auto explanation = explain("a");
  ASSERT_EQ(explanation.reasons.size(), 2U);
  EXPECT_THAT(specs::texts_of(explanation.reasons[0].platforms), ElementsAre("linux-x86_64"));
  EXPECT_EQ(explanation.reasons[1].version.text(), "1.0");
  EXPECT_EQ(explanation.reasons[1].for_newer,
            "a 2.0 has wheels for manylinux_2_28_x86_64, none for linux-aarch64");
  ASSERT_EQ(explain("same").reasons.size(), 1U);
  EXPECT_EQ(explain("same").reasons[0].platforms.size(), 2U);
}

TEST_F(Explain, ANightly) {
  channel.add("torch", "2.9.0.dev20250604+cu128");
  use_nightly({"torch"});
  const std::string of_it = "2.9.0.dev20250604+cu128: it is of the nightly of 2025-06-04";
  EXPECT_THAT(whys("torch"),
              ElementsAre(of_it + ", the newest with everything that the recipe requires / for a "
                                  "newer one: "));
  previous = lock()->lock;
  channel.add("torch", "2.9.0.dev20250605+cu128");
  EXPECT_THAT(whys("torch"),
              ElementsAre(of_it + ", which the lock has / for a newer one: run `launch lock demo "
                                  "--upgrade torch`"));
  recipe.torch.as_of = fakes::day("2025-06-04");
  upgrade = true;
  EXPECT_THAT(whys("torch"),
              ElementsAre(of_it + ", the newest up to 2025-06-04 with everything that the recipe "
                                  "requires / for a newer one: "));
  recipe.torch.as_of.reset();
  channel.hide("torch", "torch-2.9.0.dev20250605+cu128-py3-none-any.whl");
  channel.add("torch", "2.9.0.dev20250605+cu128", {}, "cp313-cp313-manylinux_2_28_x86_64");
  EXPECT_THAT(
      whys("torch"),
      ElementsAre(of_it + " / for a newer one: the nightly of 2025-06-05 was skipped: its torch has no wheel "
                          "for Python 3.12 on linux-x86_64"));
}

TEST_F(Explain, WhatIsNotNeeded) {
  general.add_wheel({.name = "app",
                     .version = "1.0",
                     .requires_dist = {"leaf>=1; extra == 'fast'", "leaf; sys_platform == 'win32'"},
                     .provides_extra = {"fast"}},
                    {});
  general.add("leaf", "1.0");
  take({"app", "leaf<9; python_version < '3.10'"});
  const auto explanation = explain("leaf");
  EXPECT_THAT(explanation.reasons, IsEmpty());
  EXPECT_THAT(texts(explanation.only_if),
              ElementsAre("demo: leaf<9; python_version < \"3.10\"", "app 1.0: leaf>=1; extra == \"fast\"",
                          "app 1.0: leaf; sys_platform == \"win32\""));
  EXPECT_THAT(explanation.locked, ElementsAre("app"));
  EXPECT_THAT(explain("unheard-of").only_if, IsEmpty());
}

TEST_F(Explain, DownloadsNoWheel) {
  channel.add_wheel({.name = "torch", .version = "2.9.0.dev20250604+cu128"}, {.hash = false});
  use_nightly({"torch"});
  explain("torch");
  for (const auto& line : http.log()) EXPECT_THAT(line, ::testing::Not(::testing::EndsWith(".whl"))) << line;
}

}  // namespace
}  // namespace launch::locking
