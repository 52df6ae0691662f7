#include "train/control.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/faulty_disk.hpp"
#include "unit/base/scratch.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

struct ControlTest : testing::Test {
  test::Scratch scratch;
  fakes::FakeWork work;
  std::filesystem::path file = scratch.path() / "control";

  /// Its lines, without the spaces at their ends.
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    const auto text = read_file(file).value();
    for (const auto line : split(text, '\n')) lines.emplace_back(trim(line));
    return lines;
  }
};

TEST_F(ControlTest, WishesStandInOneLineThatKeepsItsLength) {
  const auto control = Control::create(work.disk, file).value();
  const auto before = std::filesystem::file_size(file);
  EXPECT_THAT(lines(), ElementsAre("launch-control 1", "stop 0 grace 0 release 0 usr1 0 usr2 0 stacks 0",
                                   "launch 0", "guard 0", ""));
  ASSERT_TRUE(control->signal(SIGUSR1));
  ASSERT_TRUE(control->signal(SIGUSR2));
  ASSERT_TRUE(control->signal(SIGUSR2));
  ASSERT_TRUE(control->stop(std::chrono::seconds(86400)));
  EXPECT_EQ(lines()[1], "stop 1 grace 86400 release 0 usr1 1 usr2 2 stacks 0");
  ASSERT_TRUE(control->stop(std::chrono::seconds(0)));
  ASSERT_TRUE(control->release());
  ASSERT_TRUE(control->ask_for_stacks());
  EXPECT_EQ(lines()[1], "stop 1 grace 0 release 1 usr1 1 usr2 2 stacks 1");
  EXPECT_EQ(std::filesystem::file_size(file), before);
}

TEST_F(ControlTest, EachKeeperHasItsSignOfLife) {
  const auto control = Control::create(work.disk, file).value();
  { const Heartbeat heartbeat(file, Keeper::guard, work); }
  { const Heartbeat heartbeat(file, Keeper::launch, work); }
  const auto now = lines();
  EXPECT_EQ(now[1], "stop 0 grace 0 release 0 usr1 0 usr2 0 stacks 0");
  EXPECT_NE(now[2], "launch 0");
  EXPECT_NE(now[3], "guard 0");
}

TEST_F(ControlTest, AFullDiskEndsTheWatchAndNotTheTraining) {
  const auto control = Control::create(work.disk, file).value();
  fakes::FaultyDisk disk({.call = "write_at", .error = ENOSPC});
  const Work faulty{disk, work.clock, work.reporter};
  { const Heartbeat heartbeat(file, Keeper::guard, faulty); }
  EXPECT_TRUE(std::filesystem::exists(file)) << "launch may still be able to write";
  { const Heartbeat heartbeat(file, Keeper::launch, faulty); }
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_THAT(
      work.reporter.warnings,
      ElementsAre("cannot write " + file.string() +
                  ": No space left on device; the training goes on, but should launch and its guard be "
                  "killed, its ranks would not end by themselves"));
}

}  // namespace
}  // namespace launch::train
