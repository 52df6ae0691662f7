#include "train/run_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/disk.hpp"
#include "base/file.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/two_nodes.hpp"

namespace launch::train {
namespace {

RealDisk disk;

using nlohmann::json;

Plan small_plan() {
  PlanRequest request;
  request.lock_digest = "sha256:ab";
  request.image = {"localhost/launch/demo:latest", "sha256:cd", "sha256:ef"};
  request.rank_script = "/r.py";
  return plan_of_two_nodes(std::move(request));
}

TEST(RunRecord, SaysWhatRunsBeforeItEnds) {
  const auto plan = small_plan();
  const auto record =
      json::parse(write_run_record({plan, "2026-11-24T05:12:09Z", "podman 4.3.1", {{"podman", "run"}}, {}}));
  EXPECT_EQ(record["schema"], 1);
  EXPECT_EQ(record["run"], "demo-1");
  EXPECT_EQ(record["lock"], "sha256:ab");
  EXPECT_EQ(record["image"]["digest"], "sha256:ef");
  EXPECT_EQ(record["world_size"], 2);
  EXPECT_EQ(record["nodes"].size(), 2U);
  EXPECT_EQ(record["nodes"][1]["host"], "n1");
  EXPECT_EQ(record["nodes"][1]["env"][0]["name"], "GLOO_SOCKET_IFNAME");
  EXPECT_FALSE(record["nodes"][1]["env"][0]["reason"].get<std::string>().empty());
  EXPECT_TRUE(record["end"].is_null());
}

TEST(RunRecord, SaysWhyItFailed) {
  const auto plan = small_plan();
  RunEnd end;
  end.result = "failed";
  end.code = 7;
  RankEnd rank{1, 1, {7, 0, 12.5, {}, false, {}}, {}};
  end.ranks = {rank};
  end.nodes = {{.node = 1, .container = "c", .code = 1}};
  end.cause = cause_of(rank);
  const auto record = json::parse(write_run_record({plan, "s", "podman 4.3.1", {}, end}));
  EXPECT_EQ(record["end"]["result"], "failed");
  EXPECT_EQ(record["end"]["code"], 7);
  EXPECT_EQ(record["end"]["cause"]["rank"], 1);
  EXPECT_EQ(record["end"]["cause"]["kind"], "exit");
  EXPECT_EQ(record["end"]["ranks"][0]["code"], 7);
}

TEST(RunRecord, BytesThatAreNoTextDoNotBreakIt) {
  auto plan = small_plan();
  plan.command.emplace_back("\xff\xfe");
  EXPECT_FALSE(json::parse(write_run_record({plan, "s", "e", {}, {}}), nullptr, false).is_discarded());
}

TEST(RunRecord, AKillIsMarkedOnlyWhereThereIsNoEnd) {
  const test::Scratch scratch;
  const auto plan = small_plan();
  const auto file = scratch.path() / "run.json";
  ASSERT_TRUE(write_file(file, write_run_record({plan, "s", "e", {}, {}})));
  ASSERT_TRUE(mark_killed(disk, scratch.path(), "2026-11-24T05:12:09Z"));
  EXPECT_EQ(json::parse(*read_file(file))["end"]["result"], "killed");
  RunEnd end;
  end.result = "succeeded";
  const auto done = write_run_record({plan, "s", "e", {}, end});
  ASSERT_TRUE(write_file(file, done));
  ASSERT_TRUE(mark_killed(disk, scratch.path(), "later"));
  EXPECT_EQ(*read_file(file), done);
}

TEST(RunRecord, WhatIsNoRecordIsSaid) {
  const test::Scratch scratch;
  ASSERT_TRUE(write_file(scratch.path() / "run.json", "garbage"));
  const auto marked = mark_killed(disk, scratch.path(), "now");
  ASSERT_FALSE(marked);
  EXPECT_EQ(marked.error().text(),
            "error: " + (scratch.path() / "run.json").string() + " is not a run record\n");
}

}  // namespace
}  // namespace launch::train
