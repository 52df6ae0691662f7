#include "train/control.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

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
  control->joined();
  ASSERT_TRUE(control->signal(SIGUSR1).value());
  ASSERT_TRUE(control->signal(SIGUSR2).value());
  ASSERT_TRUE(control->signal(SIGUSR2).value());
  ASSERT_TRUE(control->stop(std::chrono::seconds(86400)));
  EXPECT_EQ(lines()[1], "stop 1 grace 86400 release 0 usr1 1 usr2 2 stacks 0");
  ASSERT_TRUE(control->stop(std::chrono::seconds(0)));
  ASSERT_TRUE(control->release());
  ASSERT_TRUE(control->ask_for_stacks());
  EXPECT_EQ(lines()[1], "stop 1 grace 0 release 1 usr1 1 usr2 2 stacks 1");
  EXPECT_EQ(std::filesystem::file_size(file), before);
}

TEST_F(ControlTest, SignalsAreForRanksThatRun) {
  const auto control = Control::create(work.disk, file).value();
  EXPECT_FALSE(control->signal(SIGUSR1).value()) << "none has started";
  control->joined();
  EXPECT_TRUE(control->signal(SIGUSR1).value());
  control->left();
  EXPECT_FALSE(control->signal(SIGUSR1).value()) << "all have ended";
  control->joined();
  ASSERT_TRUE(control->renew());
  EXPECT_FALSE(control->signal(SIGUSR1).value()) << "those of the attempt before are gone";
  EXPECT_EQ(lines()[1], "stop 0 grace 0 release 0 usr1 1 usr2 0 stacks 0");
}

TEST_F(ControlTest, WishesThatNobodyCanReadAreAnError) {
  const auto control = Control::create(work.disk, file).value();
  std::filesystem::remove(file);
  const auto stopped = control->stop(std::chrono::seconds(30));
  ASSERT_FALSE(stopped) << "the place must end the ranks then";
  EXPECT_EQ(stopped.error().message(), "cannot write " + file.string() + ": No such file or directory");
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

TEST_F(ControlTest, AKeeperHoldsALockAsLongAsItLives) {
  const auto control = Control::create(work.disk, file).value();
  const Fd other(::open(file.c_str(), O_RDONLY));
  const auto can_lock = [&] {
    const bool locked = ::flock(other.get(), LOCK_EX | LOCK_NB) == 0;
    if (locked) ::flock(other.get(), LOCK_UN);
    return locked;
  };
  EXPECT_TRUE(can_lock());
  {
    const Heartbeat heartbeat(file, Keeper::guard, work);
    while (lines()[3] == "guard 0") std::this_thread::yield();
    EXPECT_FALSE(can_lock());
  }
  EXPECT_TRUE(can_lock());
}

TEST_F(ControlTest, AFullDiskEndsTheWatchAndNotTheTraining) {
  const auto control = Control::create(work.disk, file).value();
  fakes::FaultyDisk disk({.call = "write_at", .error = ENOSPC});
  const Work faulty{disk, work.clock, work.reporter};
  const auto beat_for_long = [&](Keeper keeper) {
    const Heartbeat heartbeat(file, keeper, faulty);
    while (work.clock.sleeps().size() < 4) std::this_thread::yield();
  };
  beat_for_long(Keeper::guard);
  EXPECT_TRUE(std::filesystem::exists(file)) << "launch may still be able to write";
  const auto sleeps = work.clock.sleeps().size();
  {
    const Heartbeat heartbeat(file, Keeper::launch, faulty);
    while (work.clock.sleeps().size() < sleeps + 4 || std::filesystem::exists(file))
      std::this_thread::yield();
  }
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_THAT(work.reporter.warnings,
              ElementsAre("cannot write " + file.string() +
                          ": No space left on device; the training continues, but its ranks will keep "
                          "running if launch and its guard are killed"));
}

}  // namespace
}  // namespace launch::train
