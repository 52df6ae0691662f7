#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/files.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using ::testing::ElementsAre;

class BoundsOfARecipe : public ResolveLock {};

TEST_F(BoundsOfARecipe, AnOverrideTakesTheNameFromTheIndexInsteadOfAUrl) {
  general.add("a", "1.0", {"b @ https://host.example/b-1.0-py3-none-any.whl"});
  general.add("b", "2.0");
  take({"a"});
  recipe.lock.overrides = {requirement("b")};
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "b 2.0"));
}

TEST_F(BoundsOfARecipe, ANameMayBeRequiredSeveralTimes) {
  recipe.platforms = {fakes::x86(), fakes::arm()};
  general.add_wheel(
      {.name = "a", .version = "1.0", .requires_dist = {"b; extra == 'x'"}, .provides_extra = {"x"}}, {});
  general.add_wheel(
      {.name = "a", .version = "2.0", .requires_dist = {"b; extra == 'x'"}, .provides_extra = {"x"}}, {});
  general.add("a", "3.0");
  general.add("b", "1.0");
  take({"a<3", "a[x]", "a==1.0; platform_machine == 'aarch64'", "a==9; sys_platform == 'win32'"});
  EXPECT_THAT(locked(), ElementsAre("a 1.0; platform_machine == \"aarch64\"",
                                    "a 2.0; platform_machine == \"x86_64\"", "b 1.0"));
}

TEST_F(BoundsOfARecipe, ConstraintsBoundWhatIsNeededAnyway) {
  general.add("a", "1.0", {"b"});
  general.add("b", "1.0");
  general.add("b", "2.0");
  general.add_wheel({.name = "b", .version = "1.5"}, {.yanked = "broken"});
  general.add("c", "1.0");
  take({"a"});
  recipe.lock.constraints = {requirement("b<2"), requirement("c<0.5"),
                             requirement("b<1; sys_platform == 'win32'")};
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "b 1.0"));
  recipe.lock.constraints = {requirement("b==1.5")};
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "b 1.5"));
  recipe.lock.constraints = {requirement("b>2")};
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because a 1.0 "
            "requires b and demo has the constraint b>2, but the newest b on https://pypi.example/simple for "
            "Python 3.12 on linux-x86_64 is 2.0, demo cannot use a 1.0.\n  And because demo requires a, the "
            "requirements of demo cannot be met.\n\nhint: relax the constraint b>2 in the recipe\n");
}

TEST_F(BoundsOfARecipe, WhatHelpsAgainstAnImpossibleConstraintIsSaid) {
  general.add("a", "1.0", {"b"});
  general.add("b", "1.0");
  general.add_archive("b", "2.0");
  take({"a"});
  recipe.lock.constraints = {requirement("b>=2")};
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because a 1.0 "
            "requires b and demo has the constraint b>=2, but b 2.0 has only a source archive, demo cannot "
            "use a 1.0.\n  And because demo requires a, the requirements of demo cannot be met.\n\nhint: add "
            "[lock.build.b] to the recipe to build it from source in a container\nhint: relax the constraint "
            "b>=2 in the recipe\n");
}

TEST_F(BoundsOfARecipe, OverridesReplaceWhatPackagesSay) {
  general.add("a", "1.0", {"b<2", "c"});
  general.add("b", "1.0");
  general.add("b", "2.0");
  general.add("c", "1.0", {"b[x]!=2"});
  take({"a", "b<1.5"});
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "b 1.0", "c 1.0"));
  recipe.lock.overrides = {requirement("b==2.*")};
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "b 2.0", "c 1.0"));
  recipe.lock.overrides = {requirement("b==2.*; sys_platform == 'win32'")};
  EXPECT_THAT(locked(), ElementsAre("a 1.0", "b 1.0", "c 1.0"));
  recipe.lock.overrides = {requirement("b>2")};
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires b and demo has the override b>2, but the newest b on https://pypi.example/simple for "
            "Python 3.12 on linux-x86_64 is 2.0, the requirements of demo cannot be met.\n\nhint: relax the "
            "override b>2 in the recipe\n");
}

}  // namespace
}  // namespace launch::locking
