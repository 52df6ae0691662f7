#include "train/run_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fakes/values.hpp"
#include "train/run_story.hpp"
#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

using nlohmann::json;

Plan small_plan() {
  PlanRequest request;
  request.lock_digest = fakes::digest('a');
  request.node_folder = "/n";
  auto plan = plan_of_two_nodes(std::move(request));
  plan.image = {"localhost/launch/demo:latest", fakes::digest('c'), fakes::digest('e'), fakes::digest('a')};
  return plan;
}

RunRecord record_of(const Plan& plan, std::optional<RunEnd> end = {}) {
  return {.plan = plan,
          .started = "2026-11-24T05:12:09Z",
          .time = 1795497129.5,
          .pid = 12,
          .handle = {"local", "podman", "/usr/bin/podman"},
          .description = {"podman 4.3.1", {"launch-demo-1-n0", "launch-demo-1-n1"}},
          .commands = {.before = {{{"podman", "network"}}},
                       .nodes = {{{{"podman", "run"}}, {{"podman", "cp", "-", "n0:/"}, "/state/files.tar"}}},
                       .after = {{{"podman", "network", "rm"}}}},
          .end = std::move(end)};
}

TEST(RunRecord, SaysWhatRunsBeforeItEnds) {
  const auto plan = small_plan();
  const auto record = json::parse(write_run_record(record_of(plan)));
  EXPECT_EQ(record["schema"], 1);
  EXPECT_EQ(record["run"], "demo-1");
  EXPECT_EQ(record["place"], json({{"name", "local"}, {"engine", "podman"}, {"program", "/usr/bin/podman"}}));
  EXPECT_EQ(record["engine"], "podman 4.3.1");
  EXPECT_EQ(record["lock"], fakes::digest('a').text());
  EXPECT_EQ(record["image"]["digest"], fakes::digest('e').text());
  EXPECT_EQ(record["world_size"], 2);
  EXPECT_EQ(record["gpus"], "all");
  EXPECT_EQ(record["grace"], json({{"interrupted", 30}, {"failed", 2}}));
  EXPECT_EQ(record["env"][0]["name"], "GLOO_SOCKET_IFNAME");
  EXPECT_FALSE(record["env"][0]["reason"].get<std::string>().empty());
  EXPECT_EQ(record["nodes"].size(), 2U);
  EXPECT_EQ(record["nodes"][1], json({{"node", 1},
                                      {"host", "n1"},
                                      {"container", "launch-demo-1-n1"},
                                      {"gpus", json::array()},
                                      {"env", json::array()}}));
  EXPECT_EQ(record["environment"], "image");
  EXPECT_TRUE(record["mounted"].is_null());
  EXPECT_EQ(record["commands"],
            json({{"podman", "network"}, {"podman", "run"}, {"podman", "cp", "-", "n0:/"}}));
  EXPECT_TRUE(record["end"].is_null());
}

TEST(RunRecord, SaysWhichEnvironmentIsMounted) {
  auto plan = small_plan();
  EXPECT_EQ(read_run_record(write_run_record(record_of(plan)))->environment, EnvironmentKind::image);
  plan.mounted = {.key = fakes::digest('b'),
                  .reason = "--env mounted",
                  .mounts = {{"/store/venv", "/opt/venv", true}},
                  .variables = {{"PATH", "/opt/venv/bin"}},
                  .user = "trainer"};
  const auto text = write_run_record(record_of(plan));
  EXPECT_EQ(read_run_record(text)->environment, EnvironmentKind::mounted);
  const auto record = json::parse(text);
  EXPECT_EQ(record["environment"], "mounted");
  EXPECT_EQ(record["mounted"], json({{"key", fakes::digest('b').text()},
                                     {"reason", "--env mounted"},
                                     {"mounts", {{{"from", "/store/venv"}, {"to", "/opt/venv"}}}},
                                     {"env", {{"PATH", "/opt/venv/bin"}}},
                                     {"user", "trainer"},
                                     {"folder", nullptr}}));
}

RunEnd failed_end() {
  RunEnd end;
  end.result = "failed";
  end.code = 7;
  end.seconds = 2.5;
  const RankEnd rank{1, 1, {.code = 7, .time = 12.5}, {}};
  end.ranks = {rank};
  end.nodes = {{.node = 1, .code = 1}};
  end.cause = cause_of(rank);
  return end;
}

TEST(RunRecord, SaysWhyItFailed) {
  const auto plan = small_plan();
  const auto record = json::parse(write_run_record(record_of(plan, failed_end())));
  EXPECT_EQ(record["end"]["result"], "failed");
  EXPECT_EQ(record["end"]["code"], 7);
  EXPECT_EQ(record["end"]["cause"]["rank"], 1);
  EXPECT_EQ(record["end"]["cause"]["kind"], "exit");
  EXPECT_EQ(record["end"]["ranks"][0]["code"], 7);
}

TEST(RunRecord, KeepsTheEndOfEachRank) {
  const auto plan = small_plan();
  auto end = failed_end();
  RankEnd raised{2, 2, {.code = 1, .time = 15, .started = 5.5, .ended_normally = true}, {}};
  raised.event.exception = {.raised = {"ValueError", {}, "no"}, .time = 14, .uncaught = true};
  end.ranks.push_back(raised);
  end.ranks.push_back({3, 3, {.time = 16, .started = 6}, {}});
  end.frames = {{2, 2, "train.py:3 in load"}};
  const auto record = json::parse(write_run_record(record_of(plan, end)));
  const auto& ranks = record["end"]["ranks"];
  EXPECT_EQ(ranks[1], json({{"node", 2},
                            {"rank", 2},
                            {"code", 1},
                            {"signal", 0},
                            {"started", 5.5},
                            {"time", 15.0},
                            {"seconds", 9.5},
                            {"asked_to_end", false},
                            {"killed", false},
                            {"kind", "exception"},
                            {"message", "ValueError: no"}}));
  EXPECT_EQ(record["end"]["frames"], json({{{"node", 2}, {"rank", 2}, {"at", "train.py:3 in load"}}}));
  EXPECT_EQ(std::tuple(ranks[0]["kind"], ranks[0]["started"]), std::tuple(json("exit"), json(nullptr)));
  EXPECT_EQ(std::tuple(ranks[2]["kind"], ranks[2]["message"]), std::tuple(json(nullptr), json(nullptr)));
}

TEST(RunRecord, HasTheAttemptsBeforeTheLast) {
  const auto plan = small_plan();
  RunEnd last;
  last.result = "succeeded";
  auto record = record_of(plan, last);
  record.attempts.push_back({"2026-11-24T05:12:09Z", 10, failed_end()});
  const auto text = write_run_record(record);
  const auto written = json::parse(text);
  EXPECT_EQ(written["restarts"], 0);
  ASSERT_EQ(written["attempts"].size(), 1U);
  EXPECT_EQ(written["attempts"][0]["started"], "2026-11-24T05:12:09Z");
  EXPECT_EQ(written["attempts"][0]["end"],
            json::parse(write_run_record(record_of(plan, failed_end())))["end"]);
  const auto story = read_run_story(text);
  ASSERT_TRUE(story) << story.error().text();
  ASSERT_EQ(story->attempts.size(), 1U);
  const auto& attempt = story->attempts[0];
  EXPECT_EQ(attempt.time, 10);
  EXPECT_EQ(attempt.seconds, 2.5);
  EXPECT_EQ(attempt.code, 7);
  EXPECT_EQ(attempt.cause, "rank 1 on node 1 exited with code 7");
  EXPECT_EQ(attempt.cause_rank, 1);
  ASSERT_EQ(attempt.ranks.size(), 1U);
  EXPECT_EQ(attempt.ranks[0].ended, 12.5);
}

TEST(RunRecord, SaysWhoStoppedIt) {
  const auto plan = small_plan();
  RunEnd end;
  end.result = "interrupted";
  end.code = 143;
  end.stopped_by = "launch stop";
  const auto record = json::parse(write_run_record(record_of(plan, end)));
  EXPECT_EQ(record["end"]["cause"]["kind"], "stopped");
  EXPECT_EQ(record["end"]["cause"]["sentence"], "stopped by launch stop");
}

TEST(RunRecord, BytesThatAreNoTextDoNotBreakIt) {
  auto plan = small_plan();
  plan.command.emplace_back("\xff\xfe");
  EXPECT_FALSE(json::parse(write_run_record(record_of(plan)), nullptr, false).is_discarded());
}

TEST(RunRecord, IsReadBack) {
  const auto plan = small_plan();
  const auto running = read_run_record(write_run_record(record_of(plan)));
  ASSERT_TRUE(running) << running.error().text();
  EXPECT_EQ(running->run, "demo-1");
  EXPECT_EQ(running->recipe, "demo");
  EXPECT_EQ(running->started, "2026-11-24T05:12:09Z");
  EXPECT_EQ(running->time, 1795497129.5);
  EXPECT_EQ(running->nodes, 2);
  EXPECT_EQ(running->handle.program, "/usr/bin/podman");
  EXPECT_EQ(running->result, "");
  EXPECT_FALSE(running->code);
  const auto failed = read_run_record(write_run_record(record_of(plan, failed_end())));
  ASSERT_TRUE(failed) << failed.error().text();
  EXPECT_EQ(failed->result, "failed");
  EXPECT_EQ(failed->seconds, 2.5);
  EXPECT_EQ(failed->code, 7);
  EXPECT_EQ(failed->cause, "rank 1 on node 1 exited with code 7");
}

TEST(RunRecord, IsLostOnlyWhereItHasNoEnd) {
  const auto plan = small_plan();
  const auto lost = with_lost_end(write_run_record(record_of(plan)), "2026-11-24T05:12:09Z");
  ASSERT_TRUE(lost) << lost.error().text();
  EXPECT_EQ(json::parse(*lost)["end"]["result"], "lost");
  const auto done = write_run_record(record_of(plan, failed_end()));
  EXPECT_EQ(with_lost_end(done, "later"), done);
}

TEST(RunRecord, NumbersThatCannotBeAreLeftOut) {
  const auto odd = read_run_record(
      R"({"run": "a", "ranks_per_node": 1e300, "place": {"program": [97, 1e300, 98]}, "end": {"code": 1e300}})");
  ASSERT_TRUE(odd) << odd.error().text();
  EXPECT_EQ(odd->ranks_per_node, 1);
  EXPECT_EQ(odd->code, std::nullopt);
  EXPECT_EQ(odd->handle.program, std::string("a\0b", 3));
  EXPECT_FALSE(with_lost_end(
      R"({"run": "a", "x": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}", "now"));
}

TEST(RunRecord, WhatIsNoRecordIsSaid) {
  for (const auto* text : {"garbage", "[]", "{}", "{\"run\": 1}"}) {
    const auto read = read_run_record(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().text(), "error: not a run record\n");
    EXPECT_FALSE(with_lost_end(text, "now")) << text;
  }
}

}  // namespace
}  // namespace launch::train
