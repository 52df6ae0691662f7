#include <csignal>
#include <string>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "fakes/fake_runner.hpp"
#include "unit/train/training_fixture.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

TEST_F(TrainingTest, AllEndWell) {
  place_.behave = [](int node, const auto& on_line, auto&) -> Result<int> {
    on_line("@launch " + std::to_string(node) + R"( x {"code": 0, "signal": 0, "time": 1})");
    return 0;
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_FALSE(outcome->cause);
  EXPECT_FALSE(outcome->interrupted);
  EXPECT_EQ(outcome->ranks.size(), 2U);
  ASSERT_EQ(outcome->nodes.size(), 2U);
  EXPECT_GT(outcome->nodes[1].started, 0);
  EXPECT_GE(outcome->nodes[1].time, outcome->nodes[1].started);
  EXPECT_THAT(place_.done(), ElementsAre("start", "finish"));
}

TEST_F(TrainingTest, TheFirstFailingRankEndsAllOfThem) {
  place_.behave = [](int node, const auto& on_line, auto& place) -> Result<int> {
    if (node == 1) {
      place.wait_for_running(1);
      on_line(R"(@launch 1 x {"code": 7, "signal": 0, "time": 1})");
    }
    return place.until_stopped();  // torchrun itself may take minutes to notice
  };
  plan_.grace = {std::chrono::seconds(30), std::chrono::seconds(3)};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->sentence(), "rank 1 on node 1 exited with code 7");
  EXPECT_EQ(outcome->cause->code, 7);
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 3", "finish"));
}

constexpr const char* kLost =
    R"( f {"type": "RuntimeError", "message": "[/gloo/transport/tcp/pair.cc:5] Connection closed by peer", "time": 1, "hook": true})";
constexpr const char* kLate =
    R"( f {"type": "RuntimeError", "message": "[/gloo/x.cc:5] Timed out waiting 5000ms for recv", "time": 1, "hook": true})";
constexpr const char* kRaised =
    R"( f {"type": "ValueError", "message": "bad batch", "time": 2, "lines": ["ValueError: bad batch"], "hook": true})";

TEST_F(TrainingTest, AnExceptionEndsAllThoughItsRankIsSlowToLeave) {
  place_.behave = [](int node, const auto& on_line, auto& place) -> Result<int> {
    if (node == 1) {
      place.wait_for_running(1);
      on_line(R"(@launch 1 s {})");
      on_line(std::string("@launch 1") + kRaised);
    }
    return place.until_stopped();
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->sentence(), "rank 1 on node 1 raised ValueError: bad batch");
  EXPECT_THAT(outcome->cause->last_lines, ElementsAre("ValueError: bad batch"));
  ASSERT_EQ(outcome->ranks.size(), 1U);
  EXPECT_EQ(outcome->ranks[0].event.code, 1);
}

TEST_F(TrainingTest, AfterAVictimTheCulpritIsWaitedFor) {
  place_.behave = [this](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line("@launch " + std::to_string(node) + " s {}");
    if (node == 0) {
      place.wait_for_running(1);
      on_line(std::string("@launch 0") + kLost);
      clock_.sleep(std::chrono::milliseconds(800), {});  // longer than the wait after a culprit
      if (!place.stopped()) place.say(1, std::string("@launch 1") + kRaised);
    }
    return place.until_stopped();
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->sentence(), "rank 1 on node 1 raised ValueError: bad batch");
}

TEST_F(TrainingTest, AfterATimeoutTheRanksThatAreAliveTellTheirStacks) {
  const auto wishes = control();
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line("@launch " + std::to_string(node) + " s {}");
    if (node == 0) {
      place.wait_for_running(1);
      on_line(std::string("@launch 0") + kLate);
      return place.until_stopped();
    }
    std::jthread rank([&] {
      wait_for_wish("stacks 1");
      on_line(R"(@launch 1 k {"lines": ["  File \"train.py\", line 3 in load"]})");
      wait_for_wish("stop 1 grace 2 ");
      on_line(R"(@launch 1 x {"code": 0, "signal": 15, "time": 9, "asked_to_end": true})");
    });
    return place.until_stopped();
  };
  const auto outcome = run({}, wishes.get());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish"));
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->sentence(),
            "rank 1 on node 1 did not join a collective: rank 0 on node 0 timed out waiting for other ranks: "
            "RuntimeError: [/gloo/x.cc:5] Timed out waiting 5000ms for recv");
  EXPECT_THAT(outcome->cause->last_lines, ElementsAre("  File \"train.py\", line 3 in load"));
  ASSERT_EQ(outcome->frames.size(), 1U);
  EXPECT_EQ(outcome->frames[0].rank, 1);
  EXPECT_EQ(outcome->frames[0].at, "train.py:3 in load");
}

TEST_F(TrainingTest, AfterALostPeerTheRankThatCleansUpTellsWhatItRaised) {
  const auto wishes = control();
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line("@launch " + std::to_string(node) + " s {}");
    if (node == 0) {
      place.wait_for_running(1);
      on_line(std::string("@launch 0") + kLost);
      return place.until_stopped();
    }
    std::jthread rank([&] {
      wait_for_wish("stacks 1");
      on_line(R"(@launch 1 d {"type": "ValueError", "message": "loss is NaN", "time": 1e11})");
      on_line(R"(@launch 1 k {"lines": ["  File \"train.py\", line 3 in close"]})");
      wait_for_wish("stop 1 grace 2 ");
      on_line(R"(@launch 1 x {"code": 0, "signal": 9, "time": 9, "asked_to_end": true, "killed": true})");
    });
    return place.until_stopped();
  };
  const auto outcome = run({}, wishes.get());
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->sentence(), "rank 1 on node 1 raised ValueError: loss is NaN");
  EXPECT_EQ(outcome->frames.size(), 1U);
}

TEST_F(TrainingTest, ANodeThatCannotBeStartedEndsTheOthers) {
  place_.behave = [](int node, const auto&, auto& place) -> Result<int> {
    if (node == 0) return fail(input_error("the command 'torchrun' is not in the image i"));
    return place.until_stopped();
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->error);
  EXPECT_EQ(outcome->error->message(), "the command 'torchrun' is not in the image i");
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish"));
}

TEST_F(TrainingTest, APlaceThatFailsIsNotWaitedFor) {
  place_.behave = [](int node, const auto&, auto& place) -> Result<int> {
    if (node == 0) {
      place.wait_for_running(1);
      place.lose();
    }
    return place.until_stopped();
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->error);
  EXPECT_EQ(outcome->error->message(), "the scheduler is gone");
}

TEST_F(TrainingTest, AStopIsNoFailure) {
  place_.behave = [](int, const auto&, auto& place) -> Result<int> { return place.until_stopped(); };
  plan_.grace = {std::chrono::seconds(30), std::chrono::seconds(3)};
  std::stop_source stop;
  std::jthread user([&] {
    place_.wait_for_running(2);
    stop.request_stop();
  });
  const auto outcome = run(stop.get_token());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->interrupted);
  EXPECT_FALSE(outcome->cause);
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 30", "finish"));
}

TEST_F(TrainingTest, RanksThatASignalToAllEndedBeforeTheStopCameAreNoFailure) {
  std::stop_source stop;
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    if (node == 1) place.wait_for_running(1);
    on_line(started(node));
    on_line(ended(node, R"("code": 0, "signal": 15, "asked_to_end": true)"));
    if (node == 1) stop.request_stop();
    return place.until_stopped();
  };
  const auto outcome = run(stop.get_token());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->interrupted);
  EXPECT_FALSE(outcome->cause);
}

TEST_F(TrainingTest, RanksThatSomethingElseEndedAreAFailure) {
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line(started(node));
    if (node == 1) on_line(ended(node, R"("code": 0, "signal": 15, "asked_to_end": true)"));
    return place.until_stopped();
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_FALSE(outcome->interrupted);
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->sentence(), "rank 1 on node 1 was stopped");
}

TEST_F(TrainingTest, RanksEndBeforeTheirNodesAreStopped) {
  const auto wishes = control();
  std::stop_source stop;
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line(started(node));
    if (node == 0) place.wait_for_running(1);
    if (node == 0) stop.request_stop();
    std::jthread rank([&, node] {
      wait_for_wish("stop 1 grace 30");
      on_line(
          fmt::format(R"(@launch {} x {{"code": 0, "signal": 0, "time": 2, "asked_to_end": true}})", node));
    });
    return place.until_stopped();
  };
  const auto outcome = run({.stop = stop.get_token()}, wishes.get());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->interrupted);
  EXPECT_EQ(outcome->ranks.size(), 2U);
  EXPECT_THAT(outcome->unknown, testing::IsEmpty());
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish"));
  EXPECT_THAT(
      work_.reporter.notes,
      ElementsAre("stopping: the ranks have 30 s to save and end; interrupt again to end them at once"));
  wait_for_wish("release 1");
}

TEST_F(TrainingTest, ARankThatSaysNothingIsNotWaitedForAfterItsTime) {
  plan_.grace.interrupted = std::chrono::seconds(0);
  const auto wishes = control();
  std::stop_source stop;
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line(started(node));
    if (node == 0) place.wait_for_running(1);
    if (node == 0) stop.request_stop();
    return place.until_stopped();
  };
  const auto outcome = run({.stop = stop.get_token()}, wishes.get());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_THAT(outcome->unknown, ElementsAre(0, 1));
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish"));
}

TEST_F(TrainingTest, ASecondRequestEndsTheRanksAtOnce) {
  const auto wishes = control();
  std::stop_source stop;
  std::stop_source again;
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line(started(node));
    std::jthread rank([&, node] {
      wait_for_wish("stop 1 grace 0");
      on_line(fmt::format(
          R"(@launch {} x {{"code": 0, "signal": 9, "time": 2, "asked_to_end": true, "killed": true}})",
          node));
    });
    return place.until_stopped();
  };
  std::jthread user([&] {
    place_.wait_for_running(2);
    stop.request_stop();
    wait_for_wish("stop 1 grace 30");
    again.request_stop();
  });
  const auto outcome = run({stop.get_token(), again.get_token()}, wishes.get());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->interrupted);
  ASSERT_EQ(outcome->ranks.size(), 2U);
  EXPECT_TRUE(outcome->ranks[0].event.killed);
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 0", "finish"));
}

TEST_F(TrainingTest, OtherRanksHaveLittleTimeAfterAFailure) {
  const auto wishes = control();
  place_.behave = [&](int node, const auto& on_line, auto& place) -> Result<int> {
    on_line(started(node));
    if (node == 1) {
      place.wait_for_running(1);
      on_line(R"(@launch 1 x {"code": 7, "signal": 0, "time": 1})");
      return place.until_stopped();
    }
    std::jthread rank([&, node] {
      wait_for_wish("stop 1 grace 2 ");
      on_line(
          fmt::format(R"(@launch {} x {{"code": 0, "signal": 15, "time": 2, "asked_to_end": true}})", node));
    });
    return place.until_stopped();
  };
  const auto outcome = run({}, wishes.get());
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->sentence(), "rank 1 on node 1 exited with code 7");
  EXPECT_THAT(place_.done(), ElementsAre("start", "stop 2", "finish"));
}

TEST_F(TrainingTest, WhatWasMadeHalfIsRemoved) {
  place_.start_fails = environment_error("podman could not create the network launch-demo-1: no space");
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "podman could not create the network launch-demo-1: no space");
  EXPECT_THAT(place_.done(), ElementsAre("start", "finish"));
}

TEST_F(TrainingTest, WhatCannotBeRemovedIsSaid) {
  place_.behave = [](int, const auto&, auto&) -> Result<int> { return 0; };
  place_.finish_fails = environment_error("podman could not remove the network launch-demo-1: busy");
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "podman could not remove the network launch-demo-1: busy");
}

TEST(LocalPlace, AnImageTellsItsLockAndNoneIsAValue) {
  fakes::FakeRunner runner;
  runner.on(
      "podman image inspect localhost/launch/demo:latest",
      {0, fmt::format(R"([{{"Id": "{}", "Digest": "{}", "Config": {{"Labels": {{"launch.lock": "{}"}}}}}}])",
                      Digest::of("a").hex(), Digest::of("d").text(), Digest::of("old").text())});
  runner.on("podman image inspect localhost/launch/none:latest",
            {125, "[]", "Error: inspecting object: image not known\n"});
  fakes::FakeWork work;
  const auto place = open_place({"local", "podman", "podman"}, runner, work);
  ASSERT_TRUE(place) << place.error().text();
  const auto image = (*place)->find_image("localhost/launch/demo:latest");
  ASSERT_TRUE(image) << image.error().text();
  ASSERT_TRUE(*image);
  EXPECT_EQ((*image)->digest, Digest::of("d"));
  EXPECT_EQ((*image)->lock_digest, Digest::of("old"));
  const auto none = (*place)->find_image("localhost/launch/none:latest");
  ASSERT_TRUE(none) << none.error().text();
  EXPECT_FALSE(*none);
}

/// A client of podman, which has registered no container yet.
TEST(LocalPlace, RemovingWaitsForAClientThatMayStillCreateAContainer) {
  const auto run = fmt::format("test-{}", ::getpid());
  const pid_t client = ::fork();
  if (client == 0) {
    ::execlp("sh", "sh", "-c", "kill -STOP $$", fmt::format("launch-{}-n0", run).c_str(), nullptr);
    ::_exit(1);
  }
  ::waitpid(client, nullptr, WUNTRACED);
  const auto filter = fmt::format("--filter label=launch.run={} --format '{{{{.Names}}}}'", run);
  fakes::FakeRunner runner;
  runner.on("podman ps --all " + filter, {});
  runner.on("podman ps " + filter, {});
  runner.on("podman network rm launch-" + run, {});
  int looks = 0;
  runner.before = [&](const ProcessSpec& spec) {
    if (spec.argv[1] != "ps" || spec.argv[2] != "--all" || ++looks != 5) return;
    ::kill(client, SIGKILL);
    ::waitpid(client, nullptr, 0);
  };
  fakes::FakeWork work;
  const auto place = open_place({"local", "podman", "podman"}, runner, work);
  ASSERT_TRUE(place) << place.error().text();
  const auto removed = (*place)->remove(run);
  EXPECT_TRUE(removed) << removed.error().text();
  EXPECT_EQ(looks, 6) << "two in a row without it";
  EXPECT_EQ(runner.asked().back(), "podman network rm launch-" + run);
}

}  // namespace
}  // namespace launch::train
