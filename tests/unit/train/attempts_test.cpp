#include "train/attempts.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/train/training_fixture.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

Outcome caused(CauseKind kind, bool repeats = false) {
  Outcome outcome;
  auto& cause = outcome.cause.emplace();
  cause.kind = kind;
  cause.repeats = repeats;
  return outcome;
}

TEST(Attempts, AreMadeAgainOnlyIfThatMayHelp) {
  for (const auto kind : {CauseKind::exception, CauseKind::signal, CauseKind::oom, CauseKind::exit,
                          CauseKind::hang, CauseKind::left, CauseKind::connection, CauseKind::launcher})
    EXPECT_EQ(why_not_again(caused(kind)), "") << kind_name(kind);
  EXPECT_EQ(why_not_again(caused(CauseKind::exit, true)), "another attempt would fail in the same way");
  EXPECT_EQ(why_not_again(caused(CauseKind::rendezvous, true)), "ranks have not started on every node");
  EXPECT_EQ(why_not_again({}), "it succeeded");
  auto outcome = caused(CauseKind::exit);
  outcome.error = environment_error("no space");
  EXPECT_EQ(why_not_again(outcome), "a node could not be started");
  outcome.interrupted = true;
  EXPECT_EQ(why_not_again(outcome), "it was interrupted");
}

class AttemptsTest : public TrainingTest {
 protected:
  AttemptsTest() { plan_.restarts = 2; }

  Result<Outcome> run_all(const StopTokens& tokens = {}) {
    EXPECT_TRUE(folder_.make(work_.disk));
    EXPECT_TRUE(folder_.write_node_files(work_.disk));
    const auto wishes = Control::create(work_.disk, folder_.control()).value();
    const AttemptWorld world{.place = place_,
                             .folder = folder_,
                             .control = *wishes,
                             .show = {},
                             .work = {work_.disk, clock_, work_.reporter},
                             .explain =
                                 [](auto, Outcome& outcome) {
                                   if (outcome.cause) outcome.cause->message += "so the kernel says";
                                 },
                             .failed = [this](Attempt attempt) { failed_.push_back(std::move(attempt)); }};
    return run_attempts(plan_, world, tokens);
  }
  /// The node's rank prints a line, and ends with this code.
  void rank(int node, const ScriptedPlace::OnLine& on_line, int code, const std::string& more = "") const {
    on_line(started(node));
    on_line(fmt::format("@launch {} o attempt {}", node, failed_.size() + 1));
    on_line(ended(node, fmt::format(R"("code": {}, "signal": 0{})", code, more)));
  }
  std::string log(const std::string& name) const { return read_file(folder_.logs() / name).value_or("none"); }
  std::string wishes() const { return read_file(folder_.control()).value(); }

  RunFolder folder_{scratch_.path(), "demo-1"};
  std::vector<Attempt> failed_;
};

TEST_F(AttemptsTest, TheWholeRunStartsAgainUntilItSucceeds) {
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    EXPECT_THAT(wishes(), testing::HasSubstr("stop 0 grace 0 release 0"));
    const bool fails = failed_.size() < 2;
    if (fails && node == 0) return place.until_stopped();
    if (fails) place.wait_for_running(1);
    rank(node, on_line, fails ? 7 : 0);
    return fails ? place.until_stopped() : 0;
  };
  const auto outcome = run_all();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_FALSE(outcome->cause);
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish", "remove", "start", "stop 2", "finish",
                                         "remove", "start", "finish"));
  EXPECT_THAT(work_.reporter.notes,
              ElementsAre("attempt 2 of 3: rank 1 on node 1 exited with code 7: so the kernel says",
                          "attempt 3 of 3: rank 1 on node 1 exited with code 7: so the kernel says"));
  ASSERT_EQ(failed_.size(), 2U);
  EXPECT_EQ(failed_[0].end.result, "failed");
  EXPECT_EQ(failed_[0].end.code, 7);
  ASSERT_EQ(failed_[0].end.ranks.size(), 1U);
  EXPECT_GT(failed_[1].time, failed_[0].time);
}

TEST_F(AttemptsTest, EachAttemptHasItsLogsAndAllHaveOne) {
  plan_.restarts = 1;
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    if (node == 0) return place.until_stopped();
    place.wait_for_running(1);
    rank(node, on_line, 7);
    return place.until_stopped();
  };
  const auto outcome = run_all();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(log("node1.rank1.log"), "attempt 1\n");
  EXPECT_EQ(log("attempt2/node1.rank1.log"), "attempt 2\n");
  EXPECT_EQ(log("all.log"),
            "[1.1] attempt 1\nattempt 2 of 2: rank 1 on node 1 exited with code 7: so the kernel says\n[1.1] "
            "attempt 2\n");
  EXPECT_EQ(folder_.attempts(), 2);
  EXPECT_EQ(folder_.log_of(1, 1), folder_.logs() / "attempt2/node1.rank1.log");
}

TEST_F(AttemptsTest, WhatWouldRepeatItselfIsNotTriedAgain) {
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    if (node == 0) return place.until_stopped();
    place.wait_for_running(1);
    rank(node, on_line, 2,
         R"(, "ended_normally": true, "said": "train.py: error: unknown argument --stpes")");
    return place.until_stopped();
  };
  const auto outcome = run_all();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish"));
  EXPECT_THAT(work_.reporter.notes,
              ElementsAre("not started again: another attempt would fail in the same way"));
}

TEST_F(AttemptsTest, NoneIsMadeAfterAStop) {
  std::stop_source stop;
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    if (node == 0) return place.until_stopped();
    place.wait_for_running(1);
    rank(node, on_line, 7);
    place.until_stopped();
    stop.request_stop();  // while the nodes are stopped
    return 143;
  };
  const auto outcome = run_all({.stop = stop.get_token()});
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->code, 7);
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish"));
}

TEST_F(AttemptsTest, AStopWhileTheNextIsPreparedEndsTheRun) {
  std::stop_source stop;
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    if (node == 0) return place.until_stopped();
    place.wait_for_running(1);
    rank(node, on_line, 7);
    return place.until_stopped();
  };
  place_.on_remove = [&] { stop.request_stop(); };
  const auto outcome = run_all({.stop = stop.get_token()});
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->interrupted);
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish", "remove"));
}

TEST_F(AttemptsTest, WithoutRoomForTheNextTheFailureIsReported) {
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    if (node == 0) return place.until_stopped();
    place.wait_for_running(1);
    rank(node, on_line, 7);
    return place.until_stopped();
  };
  work_.disk.set({.call = "make_folders", .path = "attempt2", .error = ENOSPC});
  const auto outcome = run_all();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->code, 7);
  EXPECT_EQ(outcome->ranks.size(), 1U);
  EXPECT_TRUE(failed_.empty()) << "it is the last";
  EXPECT_THAT(
      work_.reporter.warnings,
      ElementsAre(fmt::format("not started again: cannot create the folder {}: No space left on device",
                              folder_.logs_of_attempt(2).string())));
  EXPECT_EQ(folder_.attempts(), 1);
}

TEST_F(AttemptsTest, RanksSeeHowManyCameBefore) {
  const auto value = [](const Plan& plan) {
    for (const auto& variable : plan.environment) {
      if (variable.name == kAttemptVariable) return variable.value;
    }
    return std::string("none");
  };
  plan_.environment.push_back({kAttemptVariable, "9", "[train] env of the recipe"});
  EXPECT_EQ(value(plan_of_attempt(plan_, 1)), "1");
  plan_.restarts = 0;
  EXPECT_EQ(value(plan_of_attempt(plan_, 0)), "9");
}

}  // namespace
}  // namespace launch::train
