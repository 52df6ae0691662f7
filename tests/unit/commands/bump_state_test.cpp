#include "commands/bump_state.hpp"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "unit/base/scratch.hpp"

namespace launch::commands {
namespace {

using testing::ElementsAre;
using testing::Optional;

class BumpStateTest : public ::testing::Test {
 protected:
  BumpState state() {
    Workspace workspace{project::Project::at(scratch_ / "project"), {}};
    workspace.site.state.value = (scratch_ / "state").string();
    return BumpState::open(workspace, "demo", work_.disk).value();
  }
  std::filesystem::path file() const { return state_folder() / "failures.json"; }
  std::filesystem::path state_folder() const {
    return std::filesystem::directory_iterator(scratch_ / "state" / "bump")->path();
  }

  test::Scratch scratch_;
  fakes::FakeWork work_;
  const Digest one_ = Digest::of("one");
  const Digest other_ = Digest::of("other");
};

TEST_F(BumpStateTest, RemembersAFailureOfAnImageWithASmokeTest) {
  ASSERT_TRUE(state().remember(one_, "python train.py", {"it fails", "twice"}));
  ASSERT_TRUE(state().remember(other_, "", {"so does this"}));
  ASSERT_TRUE(state().remember(other_, "", {"for another reason"}));
  const auto later = state();
  EXPECT_THAT(later.failure(one_, "python train.py"), Optional(ElementsAre("it fails", "twice")));
  EXPECT_EQ(later.failure(one_, "python other.py"), std::nullopt);
  EXPECT_THAT(later.failure(other_, ""), Optional(ElementsAre("for another reason")));
}

TEST_F(BumpStateTest, WhatCannotBeReadCountsAsNothing) {
  ASSERT_TRUE(state().remember(one_, "", {"it fails"}));
  for (const auto* text : {"", "{", "[]", "{\"failures\": 1}", "{\"failures\": [1, {\"reasons\": {}}]}"}) {
    ASSERT_TRUE(write_file(work_.disk, file(), text));
    EXPECT_EQ(state().failure(one_, ""), std::nullopt) << text;
  }
}

TEST_F(BumpStateTest, OnAFullDiskIsAnErrorAndWhatWasKnownStays) {
  ASSERT_TRUE(state().remember(one_, "", {"it fails"}));
  work_.disk.set({"write", "failures.json", ENOSPC});
  const auto written = state().remember(other_, "", {"this too"});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message(), "cannot write " + file().string() + ": No space left on device");
  EXPECT_THAT(state().failure(one_, ""), Optional(ElementsAre("it fails")));
  EXPECT_EQ(state().failure(other_, ""), std::nullopt);
}

TEST_F(BumpStateTest, EachNightlyHasAFolderUntilTheyAreForgotten) {
  const auto first = state();
  const auto folder = first.folder_of(specs::Day::parse("2025-06-06"));
  EXPECT_EQ(folder.filename(), "2025-06-06");
  EXPECT_EQ(first.folder_of(std::nullopt).filename(), "newest");
  ASSERT_TRUE(make_folder(work_.disk, folder));
  ASSERT_TRUE(state().forget_candidates());
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace launch::commands
