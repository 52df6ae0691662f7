#include "locking/upgrade.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/values.hpp"
#include "project/recipe_digest.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Upgrade : public ResolveLock {
 protected:
  void lock_as_it_is() { previous = lock()->lock; }
  /// "leaf stays at 1.0: REASON", one per package.
  std::vector<std::string> stayed() {
    const auto result = lock();
    if (!result) return {result.error().text()};
    std::vector<std::string> out;
    for (const auto& one : result->stayed)
      out.push_back(fmt::format("{} stays at {}: {}", one.package, one.version.text(), one.reason));
    return out;
  }
};

TEST_F(Upgrade, OnlyTheNamedPackagesMove) {
  for (const auto* name : {"a", "b", "c"}) general.add(name, "1.0");
  take({"a", "b", "c"});
  lock_as_it_is();
  for (const auto* name : {"a", "b", "c"}) general.add(name, "2.0");
  upgrade_only = {"a", "c"};
  EXPECT_THAT(locked(), ElementsAre("a 2.0", "b 1.0", "c 2.0"));
  EXPECT_THAT(stayed(), IsEmpty());
}

TEST_F(Upgrade, WhatANewVersionRequiresMovesWithIt) {
  general.add("leaf", "1.0");
  general.add("app", "1.0", {"leaf"});
  take({"leaf", "app"});  // leaf is decided before app if nothing else counts
  lock_as_it_is();
  general.add("leaf", "2.0");
  general.add("leaf", "3.0");
  general.add("app", "2.0", {"leaf>=2"});
  upgrade_only = {"app"};
  EXPECT_THAT(locked(), ElementsAre("app 2.0", "leaf 3.0"));
}

TEST_F(Upgrade, WhatRequiresItMovesIfANewerVersionAllowsIt) {
  general.add("leaf", "1.0");
  general.add("app", "1.0", {"leaf<2"});
  take({"app"});
  lock_as_it_is();
  general.add("leaf", "2.0");
  general.add("app", "1.1", {"leaf<3"});
  upgrade_only = {"leaf"};
  EXPECT_THAT(locked(), ElementsAre("app 1.1", "leaf 2.0"));
}

TEST_F(Upgrade, WhatNothingRequiresAnyMoreGoes) {
  general.add("leaf", "1.0");
  general.add("app", "1.0", {"leaf<2"});
  take({"app"});
  lock_as_it_is();
  general.add("leaf", "2.0");
  general.add("app", "2.0");
  upgrade_only = {"leaf"};
  EXPECT_THAT(locked(), ElementsAre("app 2.0"));
  EXPECT_THAT(stayed(), IsEmpty());
}

TEST_F(Upgrade, OthersDoNotBecomeOlderForIt) {
  general.add("leaf", "1.0");
  general.add("app", "0.1", {"leaf"});  // so old that it bounds nothing
  general.add("app", "1.0", {"leaf<2"});
  take({"leaf", "app"});
  lock_as_it_is();
  general.add("leaf", "1.5");
  general.add("leaf", "2.0");
  upgrade_only = {"leaf"};
  EXPECT_THAT(locked(), ElementsAre("app 1.0", "leaf 1.5"));
  general.hide("leaf", "leaf-1.5-py3-none-any.whl");
  EXPECT_THAT(locked(), ElementsAre("app 1.0", "leaf 1.0"));
  EXPECT_THAT(stayed(), ElementsAre("leaf stays at 1.0: app 1.0 requires leaf<2"));
}

TEST_F(Upgrade, OthersBecomeOlderIfNothingElseFits) {
  general.add("leaf", "1.0");
  general.add("app", "1.0", {"leaf<2"});
  take({"leaf", "app"});
  lock_as_it_is();
  general.add("leaf", "2.0");
  general.add("app", "0.1", {"leaf"});
  recipe.packages[0] = requirement("leaf>=2");
  upgrade_only = {"leaf"};
  EXPECT_THAT(locked(), ElementsAre("app 0.1", "leaf 2.0"));
}

TEST_F(Upgrade, WhatStaysIsNamedWithTheReason) {
  general.add("newest", "1.0");
  general.add("bounded", "1.0");
  general.add("unfit", "1.0");
  take({"newest", "bounded<2", "unfit"});
  lock_as_it_is();
  general.add("bounded", "2.0");
  general.add("unfit", "2.0", {"bounded>=2"});
  upgrade_only = {"newest", "bounded", "unfit"};
  EXPECT_THAT(
      stayed(),
      ElementsAre("bounded stays at 1.0: demo requires bounded<2",
                  "newest stays at 1.0: it is the newest with a wheel for Python 3.12 on linux-x86_64",
                  "unfit stays at 1.0: unfit 2.0 requires bounded>=2"));
}

TEST_F(Upgrade, OtherBytesUnderTheNameOfAnUpgradedPackageAreTaken) {
  general.add("a", "1.0");
  take({"a"});
  lock_as_it_is();
  general.add_wheel({.name = "a", .version = "1.0", .files = {{"a/new.py", "x"}}}, {});
  EXPECT_NE(error_text(), "");
  upgrade_only = {"a"};
  EXPECT_THAT(locked(), ElementsAre("a 1.0"));
  EXPECT_NE(lock()->lock.packages[0].wheels[0].sha256, previous->packages[0].wheels[0].sha256);
}

class UpgradeOfANight : public Upgrade {
 protected:
  UpgradeOfANight() {
    add_night("20250604");
    general.add("lib", "1.0");
    channel.add("still", "1.0");
    use_nightly({"torch", "torchvision", "still"});
    take({"lib"});
    lock_as_it_is();
    add_night("20250605");
    add_night("20250606");
    general.add("lib", "2.0");
    channel.add("still", "2.0");
  }
  void add_night(const std::string& digits) {
    channel.add("torch", fmt::format("2.9.0.dev{}+cu128", digits));
    channel.add("torchvision", fmt::format("0.23.0.dev{}+cu128", digits),
                {fmt::format("torch==2.9.0.dev{}", digits)});
  }
  /// The day of the lock, or the error's text.
  std::string day() {
    const auto result = lock();
    if (!result) return result.error().text();
    const auto& date = result->lock.provenance.date;
    return date ? date->text() : "none";
  }
};

TEST_F(UpgradeOfANight, APackageOfTheNightMovesAllOfIt) {
  EXPECT_EQ(day(), "2025-06-04");
  upgrade_only = {"torch"};
  EXPECT_THAT(locked(), ElementsAre("lib 1.0", "still 1.0", "torch 2.9.0.dev20250606+cu128",
                                    "torchvision 0.23.0.dev20250606+cu128"));
  upgrade_only = {"torchvision"};
  EXPECT_EQ(day(), "2025-06-06");
}

TEST_F(UpgradeOfANight, AnotherPackageDoesNotMoveIt) {
  upgrade_only = {"lib", "still"};
  EXPECT_THAT(locked(), ElementsAre("lib 2.0", "still 2.0", "torch 2.9.0.dev20250604+cu128",
                                    "torchvision 0.23.0.dev20250604+cu128"));
}

TEST_F(UpgradeOfANight, OneThatTheRecipeFixesStays) {
  recipe.torch.date = fakes::day("2025-06-04");
  upgrade_only = {"torch"};
  EXPECT_THAT(stayed(), ElementsAre("torch stays at 2.9.0.dev20250604+cu128: it is of the nightly of "
                                    "2025-06-04, the date that was asked for"));
}

TEST_F(UpgradeOfANight, AnotherDateMovesTheNightAndNothingElse) {
  night = OtherNight{fakes::day("2025-06-05"), std::nullopt};
  EXPECT_THAT(locked(), ElementsAre("lib 1.0", "still 1.0", "torch 2.9.0.dev20250605+cu128",
                                    "torchvision 0.23.0.dev20250605+cu128"));
  night = OtherNight{std::nullopt, fakes::day("2025-06-05")};
  EXPECT_EQ(day(), "2025-06-05") << "the newest up to that day, not the locked one";
  night = OtherNight{fakes::day("2025-06-09"), std::nullopt};
  EXPECT_EQ(day(),
            "error: cannot use the nightly of 2025-06-09: it has no torch\n"
            "\n"
            "hint: the channel's pages list nightlies from 2025-06-04 to 2025-06-06; older ones leave the "
            "pages after about 60 days; set LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

TEST_F(UpgradeOfANight, ALockedNightThatLeftItsPageCanBeAskedFor) {
  channel.hide("torch", "torch-2.9.0.dev20250604+cu128-py3-none-any.whl");
  channel.hide("torchvision", "torchvision-0.23.0.dev20250604+cu128-py3-none-any.whl");
  night = OtherNight{fakes::day("2025-06-04"), std::nullopt};
  EXPECT_EQ(day(), "2025-06-04");
}

TEST_F(UpgradeOfANight, TheLockIsUpToDateIfTheRecipeAsksForThatNight) {
  const auto digest = [&] { return lock()->lock.provenance.recipe; };
  const auto own = project::recipe_digest(recipe, project::Stage::lock);
  night = OtherNight{fakes::day("2025-06-05"), std::nullopt};
  EXPECT_EQ(digest(), own) << "the recipe names no day";
  previous = lock()->lock;
  night.reset();
  EXPECT_EQ(day(), "2025-06-05") << "it is kept as any other";

  recipe.torch.as_of = fakes::day("2025-06-05");
  night = OtherNight{fakes::day("2025-06-04"), std::nullopt};
  EXPECT_EQ(digest(), project::recipe_digest(recipe, project::Stage::lock));
  night = OtherNight{fakes::day("2025-06-06"), std::nullopt};
  EXPECT_NE(digest(), project::recipe_digest(recipe, project::Stage::lock));
  recipe.torch.as_of.reset();
  recipe.torch.date = fakes::day("2025-06-04");
  EXPECT_NE(digest(), project::recipe_digest(recipe, project::Stage::lock));
  night->date = fakes::day("2025-06-04");
  EXPECT_EQ(digest(), project::recipe_digest(recipe, project::Stage::lock));
}

}  // namespace
}  // namespace launch::locking
