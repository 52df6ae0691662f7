#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "train/train.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/two_nodes.hpp"

namespace launch::train {
namespace {

fakes::FakeWork work;

using testing::ElementsAre;

/// Nodes that do what a test says; those that are to run until they are ended wait for that.
class ScriptedNodes final : public Nodes {
 public:
  std::function<Result<NodeEnd>(const NodePlan&, const OnLine&, ScriptedNodes&, std::stop_token)> behave;
  std::optional<Error> prepare_fails;
  std::optional<Error> clean_up_fails;

  /// Waits until the run is stopped, as a healthy node does; then its code is 143.
  NodeEnd until_stopped(const NodePlan& node, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    ++running_;
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return stopped_; });
    return {node.index, node.container.name, 143, {}};
  }
  void wait_for_running(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return running_ >= count; });
  }
  std::vector<std::string> done() {
    const std::scoped_lock lock(mutex_);
    return done_;
  }

  Result<void> prepare(const Plan&) override {
    note("prepare");
    if (prepare_fails) return fail(*prepare_fails);
    return {};
  }
  Result<NodeEnd> run(const NodePlan& node, const OnLine& on_line, std::stop_token stop) override {
    return behave(node, on_line, *this, std::move(stop));
  }
  Result<void> stop(const Plan&, int grace_seconds) override {
    note("stop " + std::to_string(grace_seconds));
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
    return {};
  }
  Result<void> clean_up(const Plan&) override {
    note("clean up");
    if (clean_up_fails) return fail(*clean_up_fails);
    return {};
  }
  std::vector<std::vector<std::string>> commands(const Plan&) const override { return {}; }

 private:
  void note(std::string what) {
    const std::scoped_lock lock(mutex_);
    done_.push_back(std::move(what));
  }
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> done_;
  int running_ = 0;
  bool stopped_ = false;
};

class TrainingTest : public testing::Test {
 protected:
  Result<Outcome> run(std::stop_token stop = {}) {
    Training training(plan_, nodes_, scratch_.path(), {}, clock_);
    return training.run(std::move(stop));
  }

  test::Scratch scratch_;
  SystemClock clock_;
  Plan plan_ = plan_of_two_nodes();
  ScriptedNodes nodes_;
};

TEST_F(TrainingTest, AllEndWell) {
  nodes_.behave = [](const NodePlan& node, const auto& on_line, auto&, auto) -> Result<NodeEnd> {
    on_line(Stream::out,
            "@launch " + std::to_string(node.index) + R"( x {"code": 0, "signal": 0, "time": 1})");
    return NodeEnd{node.index, node.container.name, 0, {}};
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_FALSE(outcome->cause);
  EXPECT_FALSE(outcome->interrupted);
  EXPECT_EQ(outcome->ranks.size(), 2U);
  EXPECT_THAT(nodes_.done(), ElementsAre("prepare", "clean up"));
}

TEST_F(TrainingTest, TheFirstFailingRankEndsAllOfThem) {
  nodes_.behave = [](const NodePlan& node, const auto& on_line, auto& nodes, auto stop) -> Result<NodeEnd> {
    if (node.index == 1) {
      nodes.wait_for_running(1);
      on_line(Stream::out, R"(@launch 1 x {"code": 7, "signal": 0, "time": 1})");
    }
    return nodes.until_stopped(node, stop);  // torchrun itself may take minutes to notice
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->cause);
  EXPECT_EQ(outcome->cause->sentence(), "rank 1 on node 1 ended with code 7");
  EXPECT_EQ(outcome->cause->code, 7);
  EXPECT_THAT(nodes_.done(), ElementsAre("prepare", "stop 2", "clean up"));
}

TEST_F(TrainingTest, ANodeThatCannotBeStartedEndsTheOthers) {
  nodes_.behave = [](const NodePlan& node, const auto&, auto& nodes, auto stop) -> Result<NodeEnd> {
    if (node.index == 0) return fail(usage_error("the command 'torchrun' is not in the image i"));
    return nodes.until_stopped(node, stop);
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->error);
  EXPECT_EQ(outcome->error->message(), "the command 'torchrun' is not in the image i");
  EXPECT_THAT(nodes_.done(), ElementsAre("prepare", "stop 2", "clean up"));
}

TEST_F(TrainingTest, AStopIsNoFailure) {
  nodes_.behave = [](const NodePlan& node, const auto&, auto& nodes, auto stop) -> Result<NodeEnd> {
    return nodes.until_stopped(node, stop);
  };
  std::stop_source stop;
  std::jthread user([&] {
    nodes_.wait_for_running(2);
    stop.request_stop();
  });
  const auto outcome = run(stop.get_token());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->interrupted);
  EXPECT_FALSE(outcome->cause);
  EXPECT_THAT(nodes_.done(), ElementsAre("prepare", "stop 2", "clean up"));
}

TEST_F(TrainingTest, WhatWasPreparedHalfIsRemoved) {
  nodes_.prepare_fails = world_error("podman could not create the network launch-demo-1: no space");
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "podman could not create the network launch-demo-1: no space");
  EXPECT_THAT(nodes_.done(), ElementsAre("prepare", "clean up"));
}

TEST_F(TrainingTest, WhatCannotBeRemovedIsSaid) {
  nodes_.behave = [](const NodePlan& node, const auto&, auto&, auto) -> Result<NodeEnd> {
    return NodeEnd{node.index, node.container.name, 0, {}};
  };
  nodes_.clean_up_fails = world_error("podman could not remove the network launch-demo-1: busy");
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "podman could not remove the network launch-demo-1: busy");
}

containers::Engine fake_podman(fakes::FakeRunner& runner) {
  containers::EngineInfo info;
  info.program = "podman";
  return {info, runner, {}, work};
}

TEST(TrainImage, MustBeOfThisLock) {
  fakes::FakeRunner runner;
  runner.on(
      "podman image inspect localhost/launch/demo:latest",
      {0, R"([{"Id": "aa", "Digest": "sha256:dd", "Config": {"Labels": {"launch.lock": "sha256:old"}}}])"});
  const auto stale = find_train_image(fake_podman(runner), "demo", "sha256:new");
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().text(),
            "error: the image localhost/launch/demo:latest was built from another lock: it has sha256:old, "
            "the lock is "
            "sha256:new\n"
            "\n"
            "hint: launch build demo\n");
  EXPECT_EQ(stale.error().kind(), ErrorKind::no);
  const auto image = find_train_image(fake_podman(runner), "demo", "sha256:old");
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->digest, "sha256:dd");
}

TEST(TrainImage, IsNotThere) {
  fakes::FakeRunner runner;
  runner.on("podman image inspect localhost/launch/demo:latest",
            {125, "[]", "Error: inspecting object: image not known\n"});
  const auto image = find_train_image(fake_podman(runner), "demo", "sha256:new");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().text(),
            "error: podman has no image localhost/launch/demo:latest\n"
            "\n"
            "hint: launch build demo\n");
}

}  // namespace
}  // namespace launch::train
