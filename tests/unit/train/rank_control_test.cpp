#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include "unit/train/rank_script_fixture.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

/// Handles SIGTERM by saving; says "ready", then works.
constexpr const char* kSaves =
    "import signal, sys, time\n"
    "def save(*_):\n"
    "    time.sleep(0.3)\n"
    "    print('saved')\n"
    "    sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, save)\n"
    "print('ready')\n"
    "time.sleep(60)\n";

TEST_F(RankScript, ARankThatIsStoppedMaySave) {
  const auto wishes = control();
  on_shown_ = [&](std::string_view text) {
    if (text == "ready") {
      EXPECT_TRUE(wishes->stop(std::chrono::seconds(30)));
    }
  };
  on_ended_ = [&] { EXPECT_TRUE(wishes->release()); };
  EXPECT_EQ(run(kSaves).exit_code, 0);
  EXPECT_THAT(shown_, ElementsAre("out [0.5] ready", "out [0.5] saved"));
  EXPECT_TRUE(event().asked_to_end);
  EXPECT_FALSE(event().killed);
  EXPECT_THAT(started_, ElementsAre(5));
}

TEST_F(RankScript, ARankThatHasSavedWaitsForTheOthers) {
  const auto wishes = control();
  on_shown_ = [&](std::string_view text) {
    if (text == "ready") {
      EXPECT_TRUE(wishes->stop(std::chrono::seconds(30)));
    }
  };
  std::chrono::steady_clock::time_point released;
  std::jthread other;
  on_ended_ = [&] {
    other = std::jthread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      released = std::chrono::steady_clock::now();
      EXPECT_TRUE(wishes->release());
    });
  };
  run(kSaves);
  const auto ended = std::chrono::steady_clock::now();
  other.join();
  EXPECT_GE(ended, released) << "torchrun would have ended the others";
}

TEST_F(RankScript, ARankThatDoesNotEndInItsTimeIsKilled) {
  const auto wishes = control();
  on_shown_ = [&](std::string_view) { EXPECT_TRUE(wishes->stop(std::chrono::seconds(0))); };
  on_ended_ = [&] { EXPECT_TRUE(wishes->release()); };
  const auto outcome =
      run("import signal, time\n"
          "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
          "print('ready')\n"
          "time.sleep(60)\n");
  EXPECT_EQ(outcome.signal, 9);
  EXPECT_TRUE(event().asked_to_end);
  EXPECT_TRUE(event().killed);
}

TEST_F(RankScript, SigtermOfTheRunAndOfTorchrunIsOne) {
  const auto wishes = control();
  int seen = 0;
  on_shown_ = [&](std::string_view) {
    if (++seen == 1) {
      EXPECT_TRUE(wishes->stop(std::chrono::seconds(30)));
    }
  };
  on_ended_ = [&] { EXPECT_TRUE(wishes->release()); };
  run("import os, signal, time\n"
      "got = []\n"
      "signal.signal(signal.SIGTERM, lambda *_: got.append(1))\n"
      "print('ready')\n"
      "while not got:\n"
      "    time.sleep(0.01)\n"
      "os.kill(os.getppid(), signal.SIGTERM)\n"
      "time.sleep(0.3)\n"
      "print('got', len(got))\n");
  EXPECT_THAT(shown_, ElementsAre("out [0.5] ready", "out [0.5] got 1"));
}

TEST_F(RankScript, SignalsOfTheUserReachTheRank) {
  const auto wishes = control();
  wishes->joined();
  on_shown_ = [&](std::string_view text) {
    if (text == "ready") {
      EXPECT_TRUE(wishes->signal(SIGUSR1).value());
    }
    if (text == "got 10") {
      EXPECT_TRUE(wishes->signal(SIGUSR2).value());
    }
  };
  run("import signal, time\n"
      "got = []\n"
      "for number in (signal.SIGUSR1, signal.SIGUSR2):\n"
      "    signal.signal(number, lambda number, _: (got.append(number), print('got', int(number))))\n"
      "print('ready')\n"
      "while len(got) < 2:\n"
      "    time.sleep(0.01)\n");
  EXPECT_THAT(shown_, ElementsAre("out [0.5] ready", "out [0.5] got 10", "out [0.5] got 12"));
  EXPECT_FALSE(event().asked_to_end);
}

TEST_F(RankScript, SignalsThatWereSentBeforeItStartedAreNotForIt) {
  const auto wishes = control();
  wishes->joined();
  ASSERT_TRUE(wishes->signal(SIGUSR1).value());
  EXPECT_EQ(run("import time\ntime.sleep(0.5)\n").exit_code, 0);
}

/// Whose keeper gives signs of life until the rank is ready.
class LostRank : public RankScript {
 protected:
  void SetUp() override {
    wishes_ = control();
    lost_ = "LOST = 3 ";
    life_ = std::make_unique<Heartbeat>(scratch_.path() / "control", Keeper::guard,
                                        Work{work_.disk, clock_, work_.reporter});
    on_shown_ = [this](std::string_view text) {
      if (text == "ready") life_.reset();
    };
  }
  void TearDown() override { life_.reset(); }

 private:
  SystemClock clock_;
  std::unique_ptr<Control> wishes_;
  std::unique_ptr<Heartbeat> life_;
};

TEST_F(LostRank, MaySave) {
  const auto outcome = run(kSaves);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(shown_, ElementsAre("out [0.5] ready", "out [0.5] saved"));
  EXPECT_TRUE(event().asked_to_end);
}

TEST_F(LostRank, IsKilledIfItIsStubborn) {
  const auto outcome =
      run("import signal, time\n"
          "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
          "print('ready')\n"
          "time.sleep(60)\n");
  EXPECT_TRUE(outcome.signal == 9 || outcome.exit_code == 137);
  EXPECT_FALSE(outcome.timed_out);
}

TEST_F(RankScript, OneKeeperIsEnough) {
  const auto wishes = control();
  SystemClock clock;
  const Heartbeat guard(scratch_.path() / "control", Keeper::guard, {work_.disk, clock, work_.reporter});
  lost_ = "LOST = 20 ";
  EXPECT_EQ(run("import time\ntime.sleep(4)\n").exit_code, 0);
}

TEST_F(RankScript, AKeeperThatIsStoppedStillHoldsItsLock) {
  const auto wishes = control();
  lost_ = "LOST = 3 ";
  const Fd stopped(::open((scratch_.path() / "control").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(stopped.get(), LOCK_SH), 0);
  EXPECT_EQ(run("import time\ntime.sleep(1)\n").exit_code, 0);
}

TEST_F(RankScript, SignalsOfTheUserAreNotRepeatedAfterAFailedRead) {
  const auto wishes = control();
  wishes->joined();
  on_shown_ = [&](std::string_view text) {
    if (text == "ready") {
      EXPECT_TRUE(wishes->signal(SIGUSR1).value());
    }
    if (text == "got") {
      const auto file = scratch_.path() / "control";
      std::filesystem::rename(file, scratch_.path() / "away");
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      std::filesystem::rename(scratch_.path() / "away", file);
    }
  };
  run("import signal, time\n"
      "signal.signal(signal.SIGUSR1, lambda *_: print('got'))\n"
      "print('ready')\n"
      "for _ in range(12):\n"
      "    time.sleep(0.1)\n");
  EXPECT_THAT(shown_, ElementsAre("out [0.5] ready", "out [0.5] got"));
}

TEST_F(RankScript, AFileThatIsGoneIsNoMissingSignOfLife) {
  const auto wishes = control();
  lost_ = "LOST = 3 ";
  std::filesystem::remove(scratch_.path() / "control");
  EXPECT_EQ(run("import time\ntime.sleep(1)\n").exit_code, 0);
}

}  // namespace
}  // namespace launch::train
