#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/train/training_fixture.hpp"

namespace launch::train {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

class WatchTest : public TrainingTest {
 protected:
  WatchTest() {
    plan_.patience = {.rendezvous = milliseconds(0),
                      .silence = milliseconds(0),
                      .second_look = milliseconds(20),
                      .left = milliseconds(0)};
  }
  /// Answers each request for stacks with the rank's place, until the run is stopped.
  void answer(int rank, const ScriptedPlace::OnLine& on_line, const std::vector<std::string>& frames) {
    std::size_t answered = 0;
    while (!place_.stopped()) {
      const auto wanted = fmt::format("stacks {} ", answered + 1);
      if (read_file(control_file()).value().find(wanted) != std::string::npos) {
        on_line(fmt::format(R"(@launch {} k {{"lines": ["Current thread 0x1:", "{}"]}})", rank,
                            frames[std::min(answered, frames.size() - 1)]));
        ++answered;
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  /// Of a run whose ranks print a line each and then no more: `answers` speaks for a node until it is
  /// stopped.
  template <typename Answers>
  std::optional<Cause> cause_of_hang(const Answers& answers) {
    plan_.patience.silence = milliseconds(20);
    plan_.patience.ends_hang = true;
    const auto wishes = control();
    place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
      on_line(started(node));
      on_line(fmt::format("@launch {} o step 1", node));
      std::jthread rank([&, node] { answers(node, on_line); });
      std::jthread ends([&, node] {
        wait_for_wish("stop 1");
        on_line(ended(node, R"("code": 0, "signal": 15, "asked_to_end": true)"));
      });
      return place.until_stopped();
    };
    auto outcome = run({}, wishes.get());
    EXPECT_TRUE(outcome) << outcome.error().text();
    return outcome ? std::move(outcome->cause) : std::nullopt;
  }
};

constexpr const char* kLoad = R"(  File \"/w/train.py\", line 3 in load)";
constexpr const char* kReduce = R"(  File \"/v/torch/distributed/c10d.py\", line 2 in all_reduce)";

TEST_F(WatchTest, ARendezvousThatDoesNotFormNamesTheMissingNode) {
  plan_.patience.rendezvous = milliseconds(30);
  place_.reached = {Reach::listening, Reach::trying};
  place_.behave = [](int node, const auto& on_line, auto& place) -> Result<int> {
    if (node == 1) on_line("[W] The client socket cannot be initialized to connect to n0");
    return place.until_stopped();
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->sentence(),
            "the ranks had not started after 0.0 s: node 1 gets no answer from n0:29500");
  EXPECT_THAT(outcome->cause->last_lines,
              ElementsAre("[W] The client socket cannot be initialized to connect to n0"));
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish"));
}

TEST_F(WatchTest, ANodeWhoseRanksRunIsNotMissing) {
  plan_.patience.rendezvous = milliseconds(1000);  // in which both threads have surely begun
  place_.behave = [this](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line(started(node));
    if (node == 0) place.wait_for_running(1);
    if (node == 1) return place.until_stopped();
    clock_.sleep(milliseconds(1200), {});
    on_line(ended(0, R"("code": 7, "signal": 0)"));
    return place.until_stopped();
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->code, 7);
}

TEST_F(WatchTest, ARankThatLeavesWhileOthersWorkIsSaidOnce) {
  plan_.patience.left = milliseconds(10);
  std::stop_source stop;
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line(started(node));
    if (node == 1) {
      on_line(ended(1));
      return 0;
    }
    while (work_.reporter.count_of_notes() == 0) clock_.sleep(milliseconds(2), {});
    clock_.sleep(milliseconds(50), {});
    stop.request_stop();
    return place.until_stopped();
  };
  const auto outcome = run(stop.get_token());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_THAT(work_.reporter.notes,
              ElementsAre("rank 1 on node 1 ended with code 0 after 12 s; 1 rank still runs"));
}

TEST_F(WatchTest, SilentRanksThatDoNotMoveAreEndedAndTheOneBehindIsNamed) {
  const auto cause = cause_of_hang(
      [&](int node, const auto& on_line) { answer(node, on_line, {node == 1 ? kLoad : kReduce}); });
  ASSERT_TRUE(cause);
  EXPECT_THAT(
      cause->sentence(),
      testing::AllOf(testing::StartsWith("rank 1 on node 1 did not join a collective: no rank has printed a "
                                         "line for 0."),
                     testing::EndsWith(" s, 1 rank waits for others; it is at train.py:3 in load")));
  EXPECT_EQ(cause->kind, CauseKind::hang);
}

TEST_F(WatchTest, OfARankThatDoesNotAnswerTheLastLinesAreKnown) {
  const auto cause = cause_of_hang([&](int node, const auto& on_line) {
    if (node == 0) answer(node, on_line, {kReduce});
  });
  ASSERT_TRUE(cause);
  EXPECT_THAT(cause->sentence(), testing::EndsWith(" s, 1 rank waits for others; it does not answer"));
  EXPECT_EQ(cause->rank, 1);
  EXPECT_THAT(cause->last_lines, testing::ElementsAre("step 1"));
}

TEST_F(WatchTest, ByDefaultAHangIsOnlySaid) {
  plan_.patience.silence = milliseconds(20);
  const auto wishes = control();
  std::stop_source stop;
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line(started(node));
    std::jthread rank([&, node] { answer(node, on_line, {node == 1 ? kLoad : kReduce}); });
    std::jthread ends([&, node] {
      wait_for_wish("stop 1");
      on_line(ended(node, R"("code": 0, "signal": 15, "asked_to_end": true)"));
    });
    if (node == 0) {
      while (work_.reporter.count_of_warnings() == 0) clock_.sleep(milliseconds(2), {});
      clock_.sleep(milliseconds(60), {});
      stop.request_stop();
    }
    return place.until_stopped();
  };
  const auto outcome = run({.stop = stop.get_token()}, wishes.get());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->interrupted);
  ASSERT_EQ(work_.reporter.warnings.size(), 1U);
  EXPECT_THAT(work_.reporter.warnings[0],
              testing::AllOf(HasSubstr("; it is at train.py:3 in load; read the stacks of all ranks in their "
                                       "logs; use --hang-timeout SECONDS to end such runs")));
}

TEST_F(WatchTest, SilentRanksThatMoveAreLeftAlone) {
  plan_.patience.silence = milliseconds(10);
  plan_.patience.ends_hang = true;
  const auto wishes = control();
  std::stop_source stop;
  std::vector<std::string> frames;
  for (int line = 0; line < 500; ++line)
    frames.push_back(fmt::format(R"(  File \"/w/train.py\", line {} in load)", line));
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line(started(node));
    std::jthread rank([&, node] { answer(node, on_line, frames); });
    std::jthread ends([&, node] {
      wait_for_wish("stop 1");
      on_line(ended(node, R"("code": 0, "signal": 15, "asked_to_end": true)"));
    });
    if (node == 0) {
      wait_for_wish("stacks 6 ");  // three pairs of looks
      stop.request_stop();
    }
    return place.until_stopped();
  };
  const auto outcome = run({.stop = stop.get_token()}, wishes.get());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->interrupted) << outcome->cause->sentence();
}

}  // namespace
}  // namespace launch::train
