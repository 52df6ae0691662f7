#include "train/preflight_run.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

/// A place whose nodes print these lines, and then run until they are stopped, or end.
class PrintingPlace final : public Place {
 public:
  std::vector<std::string> lines;  ///< of node 0
  bool ends = false;
  std::function<void()> printed = [] {};

  Result<Plan> plan(const project::Recipe& recipe, const PlanRequest& request) const override {
    return plan_run(recipe, request);
  }
  Result<void> open() override { return {}; }
  Result<std::optional<TrainImage>> find_image(const std::string&) const override { return std::nullopt; }
  PlaceDescription describe(const Plan&) const override { return {}; }
  PlaceHandle handle() const override { return {"local", "podman", "podman"}; }
  PlaceCommands commands(const Plan&) const override { return {}; }

  Result<void> start(const Plan& plan, PlaceSinks sinks) override {
    for (const auto& node : plan.nodes) {
      threads_.emplace_back([this, sinks, index = node.index] {
        sinks.event(NodeStarted{index});
        if (index == 0) {
          for (const auto& line : lines) sinks.line(0, Stream::out, line);
          printed();
        }
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ends || stopped_; });
        lock.unlock();
        sinks.event(NodeEnd{.node = index, .code = ends ? 0 : 143});
      });
    }
    return {};
  }
  void stop(std::chrono::seconds) override {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  Result<void> finish() override {
    threads_.clear();
    return {};
  }
  Result<void> remove(const std::string&) override { return {}; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

class PreflightRuns : public testing::Test {
 protected:
  /// A clock whose sleeps take no time: nobody speaks for minutes.
  Result<PreflightRun> run_in_no_time() { return run(work_.clock); }
  Result<PreflightRun> run(Clock& clock) {
    return run_preflight(plan_of_two_nodes(), place_, logs(), {work_.disk, clock, work_.reporter},
                         {.stop = stop_.get_token()});
  }
  std::filesystem::path logs() const { return scratch_.path() / "logs" / "preflight"; }

  test::Scratch scratch_;
  fakes::FakeWork work_;
  SystemClock clock_;
  std::stop_source stop_;
  PrintingPlace place_;
};

TEST_F(PreflightRuns, EndsNodesThatSayNothing) {
  place_.lines = {R"(@launch 0 o @preflight {"hello": "n0"})"};
  const auto result = run_in_no_time();
  ASSERT_TRUE(result) << result.error().text();
  ASSERT_TRUE(result->result);
  EXPECT_EQ(result->result->message, "rank 1 on node 1 did not start");
  EXPECT_THAT(work_.reporter.notes, ElementsAre("preflight: checking 2 ranks on 2 nodes"));
  EXPECT_EQ(read_file(logs() / "node0.rank0.log").value(), "@preflight {\"hello\": \"n0\"}\n");
}

TEST_F(PreflightRuns, EndsNodesOfWhichOneGivesNoAnswer) {
  place_.lines = {R"(@launch 0 o @preflight {"hello": "n0"})", R"(@launch 1 o @preflight {"hello": "n1"})",
                  R"(@launch 0 o @preflight {"over": true, "silent": [1]})"};
  const auto result = run(clock_);
  ASSERT_TRUE(result) << result.error().text();
  ASSERT_TRUE(result->result);
  EXPECT_EQ(
      result->result->message,
      "rank 1 on node 1 did not get ready: torch takes too long to load, or n0:29500 cannot be reached");
}

TEST_F(PreflightRuns, HasNoResultIfItIsInterrupted) {
  place_.printed = [this] { stop_.request_stop(); };
  const auto result = run(clock_);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_FALSE(result->result);
}

TEST_F(PreflightRuns, SaysWhatWorksAndHowLongItTook) {
  place_.ends = true;
  place_.lines = {R"(@launch 0 o @preflight {"hello": "n0"})",
                  R"(@launch 1 o @preflight {"hello": "n1"})",
                  R"(@launch 0 o @preflight {"round": 0, "kind": "alone", "groups": [[0], [1]]})",
                  R"(@launch 0 o @preflight {"part": 0, "ok": true})",
                  R"(@launch 1 o @preflight {"part": 0, "ok": true})",
                  R"(@launch 0 o @preflight {"round": 1, "kind": "all", "groups": [[0, 1]]})",
                  R"(@launch 0 o @preflight {"part": 1, "ok": true, "transports": ["TCP"]})",
                  R"(@launch 1 o @preflight {"part": 1, "ok": true, "transports": ["TCP"]})",
                  R"(@launch 0 o @preflight {"over": true, "silent": []})"};
  const auto result = run(clock_);
  ASSERT_TRUE(result) << result.error().text();
  ASSERT_TRUE(result->result);
  EXPECT_TRUE(result->result->works());
  ASSERT_EQ(work_.reporter.notes.size(), 2U);
  EXPECT_THAT(work_.reporter.notes[1],
              testing::StartsWith("preflight: an all-reduce over 2 ranks works: gloo over TCP, in "));
}

TEST_F(PreflightRuns, DoNotWaitForNodesThatDoNotEndAfterIt) {
  place_.lines = {R"(@launch 0 o @preflight {"hello": "n0"})",
                  R"(@launch 1 o @preflight {"hello": "n1"})",
                  R"(@launch 0 o @preflight {"round": 0, "kind": "all", "groups": [[0, 1]]})",
                  R"(@launch 0 o @preflight {"part": 0, "ok": true})",
                  R"(@launch 1 o @preflight {"part": 0, "ok": true})",
                  R"(@launch 0 o @preflight {"over": true, "silent": []})"};
  const auto result = run_in_no_time();
  ASSERT_TRUE(result) << result.error().text();
  ASSERT_TRUE(result->result);
  EXPECT_TRUE(result->result->works());
}

/// Commands of an engine that all succeed at once.
class WillingRunner final : public ProcessRunner {
 public:
  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token stop) override {
    const std::scoped_lock lock(mutex_);
    if (spec.argv.at(1) == "run") stopped.push_back(stop.stop_requested());
    return ProcessOutcome{};
  }
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>&) override {
    return fail(environment_error("no guard"));
  }
  std::vector<bool> stopped;  ///< the containers that were started, before they began

 private:
  std::mutex mutex_;
};

TEST_F(PreflightRuns, ThatWereStoppedLeaveThePlaceToTheTraining) {
  WillingRunner runner;
  const auto place = open_place({"local", "podman", "podman"}, runner, work_);
  ASSERT_TRUE(place) << place.error().text();
  const auto plan = plan_of_two_nodes();
  const PlaceSinks sinks{[](int, Stream, std::string_view) {}, [] {}, [](PlaceEvent) {}};
  ASSERT_TRUE((*place)->start(plan, sinks));
  (*place)->stop(std::chrono::seconds(0));
  ASSERT_TRUE((*place)->finish());
  runner.stopped.clear();
  ASSERT_TRUE((*place)->start(plan, sinks));
  ASSERT_TRUE((*place)->finish());
  EXPECT_THAT(runner.stopped, ElementsAre(false, false));
}

TEST_F(PreflightRuns, WithoutAPlaceForItsLogsIsAnError) {
  place_.ends = true;
  work_.disk.set({.call = "make_folders", .path = "preflight", .error = ENOSPC});
  const auto result = run(clock_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(),
            "cannot create the folder " + logs().string() + ": No space left on device");
}

}  // namespace
}  // namespace launch::train
