#include "commands/trial_state.hpp"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "unit/base/scratch.hpp"

namespace launch::commands {
namespace {

using probe::Trial;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(KnownTrialTest, TwoRunsMustAgree) {
  const std::pair<std::vector<int>, Trial> cases[] = {
      {{}, Trial::untried},       {{0}, Trial::untried},       {{1}, Trial::untried},
      {{0, 0}, Trial::works},     {{1, 2}, Trial::fails},      {{0, 1}, Trial::untried},
      {{0, 1, 0}, Trial::works},  {{1, 0, 137}, Trial::fails}, {{125}, Trial::skipped},
      {{0, 125}, Trial::skipped},
  };
  for (const auto& [codes, trial] : cases) {
    EXPECT_EQ((KnownTrial{.codes = codes}.trial()), trial) << testing::PrintToString(codes);
  }
  EXPECT_EQ(KnownTrial{.skipped = "no wheel"}.trial(), Trial::skipped);
  EXPECT_TRUE((KnownTrial{.codes = {0, 1}}.disagrees()));
  EXPECT_FALSE((KnownTrial{.codes = {2, 1}}.disagrees()));
  EXPECT_FALSE((KnownTrial{.codes = {0, 0}}.disagrees()));
}

class TrialStateTest : public ::testing::Test {
 protected:
  TrialState state(const std::string& search = "python x.py") {
    Workspace workspace{project::Project::at(scratch_ / "project"), {}};
    workspace.site.state.value = (scratch_ / "state").string();
    return TrialState::open(workspace, "demo", search, work_.disk).value();
  }
  std::filesystem::path file() const {
    return std::filesystem::directory_iterator(scratch_ / "state" / "bisect")->path() / "trials.json";
  }

  test::Scratch scratch_;
  fakes::FakeWork work_;
};

TEST_F(TrialStateTest, ASearchGoesOnWhereItWas) {
  EXPECT_FALSE(state().known("2.0").is_begun());
  auto first = state();
  ASSERT_TRUE(first.remember("2.0", {.codes = {0, 1}, .output = {"a line"}}));
  ASSERT_TRUE(first.remember("2.1", {.skipped = "it cannot be locked"}));
  auto later = state();
  EXPECT_THAT(later.known("2.0").codes, ElementsAre(0, 1));
  EXPECT_THAT(later.known("2.0").output, ElementsAre("a line"));
  EXPECT_EQ(later.known("2.1").skipped, "it cannot be locked");
  EXPECT_THAT(later.known("2.2").codes, IsEmpty());
  EXPECT_FALSE(state("python other.py").known("2.0").is_begun());
  EXPECT_EQ(later.image(), std::nullopt);
  ASSERT_TRUE(later.set_image(Digest::of("an image")));
  EXPECT_EQ(state().image(), Digest::of("an image"));
  EXPECT_THAT(state().known("2.0").codes, ElementsAre(0, 1));
  ASSERT_TRUE(later.forget());
  EXPECT_FALSE(state().known("2.0").is_begun());
}

TEST_F(TrialStateTest, WhatCannotBeReadCountsAsNothing) {
  ASSERT_TRUE(state().remember("2.0", {.codes = {0}}));
  for (const auto* text : {"", "{", "[]", "{\"trials\": 1}", "{\"trials\": []}"}) {
    ASSERT_TRUE(write_file(work_.disk, file(), text));
    EXPECT_FALSE(state().known("2.0").is_begun()) << text;
  }
  ASSERT_TRUE(write_file(work_.disk, file(), R"({"trials": {"2.0": {"codes": [0, "x", 1e99]}}})"));
  EXPECT_THAT(state().known("2.0").codes, ElementsAre(0));
}

TEST_F(TrialStateTest, OnAFullDiskTrialsThatWereKnownStay) {
  ASSERT_TRUE(state().remember("2.0", {.codes = {0}}));
  work_.disk.set({"write", "trials.json", ENOSPC});
  const auto written = state().remember("2.1", {.codes = {0}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message(), "cannot write " + file().string() + ": No space left on device");
  EXPECT_THAT(state().known("2.0").codes, ElementsAre(0));
}

}  // namespace
}  // namespace launch::commands
