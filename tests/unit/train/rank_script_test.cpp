#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/process.hpp"
#include "fakes/files.hpp"
#include "train/control.hpp"
#include "unit/train/mux_fixture.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

/// Runs Python code below rank.py as torchrun would, with RANK=5.
class RankScript : public MuxTest {
 protected:
  ProcessOutcome run(std::string_view code) {
    EXPECT_TRUE(write_file(scratch_.path() / "rank.py", script_));
    EXPECT_TRUE(write_file(scratch_.path() / "t.py", code));
    ProcessSpec spec;
    spec.argv = {"python3", (scratch_.path() / "rank.py").string(), (scratch_.path() / "t.py").string(),
                 "an arg"};
    spec.environment = {{"RANK", "5"},
                        {"TORCHELASTIC_ERROR_FILE", (scratch_.path() / "error.json").string()}};
    spec.timeout = std::chrono::seconds(60);
    spec.on_line = [this](Stream stream, std::string_view line) { mux_.take(0, stream, line); };
    auto outcome = make_process_runner()->run(spec);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return *outcome;
  }

  /// Ranks that see no sign of life end after a moment.
  void be_impatient() {
    const std::string_view patience = "LOST = 70 ";
    const auto at = script_.find(patience);
    ASSERT_NE(at, std::string::npos);
    script_.replace(at, patience.size(), "LOST = 3 ");
  }

  std::unique_ptr<Control> control() {
    auto control = Control::create(work_.disk, scratch_.path() / "control");
    EXPECT_TRUE(control) << control.error().text();
    return *std::move(control);
  }

  const RankEvent& event() {
    EXPECT_EQ(ended_.size(), 1U);
    return ended_.at(0).event;
  }

  std::string script_{rank_script()};
};

TEST_F(RankScript, LinesArgumentsAndEnd) {
  const auto outcome =
      run("import sys\nprint('hi', sys.argv[1])\nprint('oops', file=sys.stderr)\nprint('no end', end='')\n");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(shown_,
              testing::UnorderedElementsAre("out [0.5] hi an arg", "err [0.5] oops", "out [0.5] no end"));
  EXPECT_EQ(event().code, 0);
  EXPECT_FALSE(event().asked_to_end);
}

TEST_F(RankScript, ManyLinesAtOnceAndLongOnesAmongThem) {
  run("import sys\n"
      "lines = ['x' * (i % 97) for i in range(3000)] + ['y' * 10000] + ['z'] * 3000 + ['']\n"
      "sys.stdout.write('\\n'.join(lines) + '\\n')\n");
  ASSERT_EQ(shown_.size(), 6002U);
  for (std::size_t i = 0; i < 3000; ++i) ASSERT_EQ(shown_[i], "out [0.5] " + std::string(i % 97, 'x')) << i;
  EXPECT_EQ(shown_[3000], "out [0.5] " + std::string(10000, 'y'));
  for (std::size_t i = 3001; i < 6001; ++i) ASSERT_EQ(shown_[i], "out [0.5] z") << i;
  EXPECT_EQ(shown_[6001], "out [0.5] ");
}

TEST_F(RankScript, CodeAndExceptionWithItsTime) {
  const auto outcome = run("raise ValueError('no')\n");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(cause_of(ended_.at(0)).sentence(), "rank 5 on node 0 raised ValueError: no");
  ASSERT_TRUE(event().failed);
  EXPECT_LE(*event().failed, event().time);
}

TEST_F(RankScript, ExitsAsTheRankDid) {
  EXPECT_EQ(run("import sys; sys.exit(7)\n").exit_code, 7);
  EXPECT_EQ(event().code, 7);
}

TEST_F(RankScript, DiesAsTheRankDid) {
  const auto outcome = run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)\n");
  EXPECT_EQ(outcome.signal, 11);
  EXPECT_EQ(event().signal, 11);
  EXPECT_FALSE(event().asked_to_end);
}

TEST_F(RankScript, SignalsReachTheRankOnce) {
  const auto outcome =
      run("import os, signal, sys, time\n"
          "got = []\n"
          "signal.signal(signal.SIGTERM, lambda *_: got.append(1))\n"
          "os.kill(os.getppid(), signal.SIGTERM)\n"
          "time.sleep(0.2)\n"
          "print('got', len(got))\n"
          "sys.exit(3)\n");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(shown_, ElementsAre("out [0.5] got 1"));
  EXPECT_TRUE(event().asked_to_end);
}

TEST_F(RankScript, LongLinesAndProgressBars) {
  run("import sys\nprint('x' * 10000)\nsys.stdout.write('10%\\r20%\\r\\nend\\r\\n')\n");
  ASSERT_EQ(shown_.size(), 4U);
  EXPECT_EQ(shown_[0], "out [0.5] " + std::string(10000, 'x'));
  EXPECT_EQ(shown_[1], "out [0.5] 10%");
  EXPECT_EQ(shown_[2], "out [0.5] 20%");
  EXPECT_EQ(shown_[3], "out [0.5] end");
}

TEST_F(RankScript, AProcessLeftBehindIsNotWaitedFor) {
  const auto outcome = run("import subprocess; subprocess.Popen(['sleep', '50'])\nprint('done')\n");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_FALSE(outcome.timed_out);
}

TEST_F(RankScript, ErrorFileOfTorchelastic) {
  run("import json, os, sys\n"
      "json.dump({'message': {'message': 'ValueError: kept'}}, open(os.environ['TORCHELASTIC_ERROR_FILE'], "
      "'w'))\n"
      "sys.exit(1)\n");
  EXPECT_EQ(event().message, "ValueError: kept");
}

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
  on_shown_ = [&](std::string_view text) {
    if (text == "ready") {
      EXPECT_TRUE(wishes->signal(SIGUSR1));
    }
    if (text == "got 10") {
      EXPECT_TRUE(wishes->signal(SIGUSR2));
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
  ASSERT_TRUE(wishes->signal(SIGUSR1));
  EXPECT_EQ(run("import time\ntime.sleep(0.5)\n").exit_code, 0);
}

TEST_F(RankScript, WithoutASignOfLifeItEnds) {
  const auto wishes = control();
  be_impatient();
  const auto outcome = run(kSaves);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(shown_, ElementsAre("out [0.5] ready", "out [0.5] saved"));
  EXPECT_TRUE(event().asked_to_end);
}

TEST_F(RankScript, WithoutASignOfLifeAStubbornOneIsKilled) {
  const auto wishes = control();
  be_impatient();
  const auto outcome =
      run("import signal, time\n"
          "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
          "time.sleep(60)\n");
  EXPECT_TRUE(outcome.signal == 9 || outcome.exit_code == 137);
  EXPECT_FALSE(outcome.timed_out);
}

TEST_F(RankScript, OneKeeperIsEnough) {
  const auto wishes = control();
  SystemClock clock;
  const Heartbeat guard(scratch_.path() / "control", Keeper::guard, {work_.disk, clock, work_.reporter});
  const std::string_view patience = "LOST = 70 ";
  script_.replace(script_.find(patience), patience.size(), "LOST = 20 ");
  EXPECT_EQ(run("import time\ntime.sleep(4)\n").exit_code, 0);
}

TEST_F(RankScript, AFileThatIsGoneIsNoMissingSignOfLife) {
  const auto wishes = control();
  be_impatient();
  std::filesystem::remove(scratch_.path() / "control");
  EXPECT_EQ(run("import time\ntime.sleep(1)\n").exit_code, 0);
}

}  // namespace
}  // namespace launch::train
