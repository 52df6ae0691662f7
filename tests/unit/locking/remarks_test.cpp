#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "fakes/files.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

using ::testing::ElementsAre;

class RemarksOnALock : public ResolveLock {};

TEST_F(RemarksOnALock, AVersionThatIsHeldBackByASourceArchiveIsNamed) {
  general.add("hydra-core", "0.11.3");
  general.add("hydra-core", "1.3.2", {"antlr4==4.9.*"});
  general.add_archive("antlr4", "4.9.3");
  general.add("antlr4", "4.13");
  take({"hydra-core"});
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_THAT(locked(), ElementsAre("hydra-core 0.11.3"));
  ASSERT_EQ(result->remarks.held_back.size(), 1U);
  const auto& held = result->remarks.held_back[0];
  EXPECT_EQ(held.package + " " + held.newest.text() + " " + held.requirement,
            "hydra-core 1.3.2 antlr4==4.9.*");
  EXPECT_EQ(held.required, "antlr4");
  recipe.packages = {requirement("hydra-core<1")};
  EXPECT_THAT(lock()->remarks.held_back, testing::IsEmpty()) << "the recipe does not want it";
}

TEST_F(RemarksOnALock, ALockedVersionThatIsYankedLaterStaysWithARemark) {
  general.add("a", "1.0");
  general.add_wheel({.name = "a", .version = "2.0"}, {});
  take({"a"});
  previous = lock()->lock;
  general.add_wheel({.name = "a", .version = "2.0"}, {.yanked = "broken"});
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->lock.packages[0].version.text(), "2.0");
  ASSERT_EQ(result->remarks.yanked.size(), 1U);
  EXPECT_EQ(result->remarks.yanked[0].package, "a");
  EXPECT_EQ(result->remarks.yanked[0].reason, "broken");
  upgrade = true;
  EXPECT_THAT(locked(), ElementsAre("a 1.0"));
}

TEST_F(RemarksOnALock, AnExtraThatAPackageHasNotIsRemarked) {
  general.add_wheel({.name = "a", .version = "1.0", .provides_extra = {"Train-X", "eval"}}, {});
  general.add("b", "1.0", {"a[train.x,no]"});
  take({"b", "a[evil]"});
  const auto result = lock();
  ASSERT_TRUE(result) << result.error().text();
  ASSERT_EQ(result->remarks.unknown_extras.size(), 2U);
  EXPECT_EQ(result->remarks.unknown_extras[0].extra, "evil");
  EXPECT_THAT(result->remarks.unknown_extras[0].known, ElementsAre("eval", "train-x"));
  EXPECT_EQ(result->remarks.unknown_extras[1].extra, "no");
}

TEST_F(RemarksOnALock, ANewerVersionWithoutAWheelIsNamed) {
  const auto source_only = [this] {
    std::vector<std::string> out;
    const auto result = lock();
    for (const auto& one : result->remarks.source_only)
      out.push_back(fmt::format("{} {} < {}", one.package, one.locked.text(), one.newest.text()));
    return out;
  };
  general.add("deepspeed", "0.3.1.dev3");
  for (const auto* version : {"0.2", "0.16.9", "0.17.1", "0.18.0rc1"})
    general.add_archive("deepspeed", version);
  general.add("trainer", "1.0", {"deepspeed"});
  take({"trainer"});
  EXPECT_THAT(locked(), ElementsAre("deepspeed 0.3.1.dev3", "trainer 1.0"));
  EXPECT_THAT(source_only(), ElementsAre("deepspeed 0.3.1.dev3 < 0.17.1"));
  take({"deepspeed<0.17"});
  EXPECT_THAT(source_only(), ElementsAre("deepspeed 0.3.1.dev3 < 0.16.9"));
  general.add("deepspeed", "0.16.9");
  EXPECT_THAT(locked(), ElementsAre("deepspeed 0.16.9", "trainer 1.0"));
  EXPECT_THAT(source_only(), testing::IsEmpty());
  recipe.packages = {requirement("deepspeed>=0.17")};
  EXPECT_EQ(error_text(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires deepspeed>=0.17, but deepspeed 0.17.1 has only a source archive, the requirements of "
            "demo cannot be met.\n\nhint: add [lock.build.deepspeed] to the recipe to build it from source "
            "in a container\nhint: relax deepspeed>=0.17 in the recipe\n");
}

}  // namespace
}  // namespace launch::locking
