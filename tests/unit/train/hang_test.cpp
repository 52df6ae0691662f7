#include "train/hang.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::train {
namespace {

using testing::ElementsAre;
using Lines = std::vector<std::string>;

const Lines kLoads{
    "Current thread 0x1 (most recent call first):", "  File \"/workspace/train.py\", line 31 in load",
    "  File \"/workspace/train.py\", line 50 in <module>"};
const Lines kWaits{"Current thread 0x1 (most recent call first):",
                   "  File \"/v/torch/distributed/distributed_c10d.py\", line 2 in all_reduce",
                   "  File \"/workspace/train.py\", line 40 in step"};

/// The answer of NCCL 2.28 on two GPUs, without process information.
const Lines kBehind{"#0-0 (8a0c5ad1cd7e1f4e) MISMATCH",
                    "  Communicator ranks have different AllReduce operation counts",
                    "  Rank 0 has launched up to operation 52", "  Rank 1 has launched up to operation 51"};

TEST(Ras, TellsWhichRankHasLaunchedFewerOperations) {
  const auto found = read_ras(kBehind);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].communicator, "#0-0");
  EXPECT_EQ(found[0].operation, "AllReduce");
  EXPECT_THAT(found[0].groups, ElementsAre(RasGroup{51, {1}, 0}, RasGroup{52, {0}, 0}));
  EXPECT_EQ(found[0].size(), 2);
}

TEST(Ras, GroupsOfManyRanksAreNotNamed) {
  const auto found = read_ras(Lines{
      "#1-3 (1) MISMATCH", "  Communicator ranks have different status", "  3 ranks have status RUNNING",
      "#0-0 (2) MISMATCH", "  Communicator ranks have different AllGather operation counts",
      "  6 ranks have launched up to operation 9 -- x", "  Rank 5 has not launched any operations -- GPU 5",
      "  Rank 7 has launched up to operation x"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].groups, ElementsAre(RasGroup{0, {5}, 0}, RasGroup{9, {}, 6}));
}

TEST(Ras, ANonsenseAnswerIsNone) {
  EXPECT_TRUE(
      read_ras(Lines{"", "#", "  Communicator ranks have different", "Rank", "Rank 1", "9 ranks have"})
          .empty());
  EXPECT_TRUE(read_ras({}).empty());
}

Silence silence(std::map<Look::Key, Lines> stacks, int world_size = 2) {
  return {
      .silent = std::chrono::seconds(60), .look = {.stacks = std::move(stacks)}, .world_size = world_size};
}

TEST(Hang, TheRankThatDoesNotWaitIsTheCause) {
  const auto asked = silence({{{0, 0}, kWaits}, {{1, 1}, kLoads}});
  EXPECT_TRUE(is_waited_for(asked));
  const auto cause = hang_cause(asked);
  EXPECT_EQ(cause.sentence(),
            "rank 1 on node 1 did not join a collective: no rank has printed a line for 1 min 0 s, 1 rank "
            "waits for "
            "others; it is at train.py:31 in load");
  EXPECT_EQ(cause.kind, CauseKind::hang);
  EXPECT_EQ(cause.code, 1);
  EXPECT_EQ(cause.last_lines, kLoads);
}

TEST(Hang, NcclKnowsTheRankThatIsBehindThoughAllLookAlike) {
  auto asked = silence({{{0, 0}, kLoads}, {{1, 1}, kLoads}});
  EXPECT_FALSE(is_waited_for(asked)) << "a long step looks like that";
  asked.look.ras[0] = read_ras(kBehind);
  EXPECT_TRUE(is_waited_for(asked));
  EXPECT_EQ(hang_cause(asked).sentence(),
            "rank 1 on node 1 did not join a collective: no rank has printed a line for 1 min 0 s, it has "
            "launched 51 "
            "AllReduce operations, others 52; it is at train.py:31 in load");
}

TEST(Hang, TheRanksOfASmallerCommunicatorHaveOtherNumbers) {
  auto asked = silence({{{0, 0}, kLoads}, {{1, 1}, kWaits}}, 4);
  asked.look.ras[0] = read_ras(kBehind);
  EXPECT_EQ(hang_cause(asked).rank, 0);
}

TEST(Hang, ARankThatHasLeftIsWhatOthersWaitFor) {
  auto asked = silence({{{0, 0}, kWaits}});
  asked.left = RankEnd{.node = 1, .rank = 1, .event = {}, .last_lines = {"bye"}};
  const auto cause = hang_cause(asked);
  EXPECT_EQ(cause.kind, CauseKind::left);
  EXPECT_EQ(cause.sentence(), "rank 1 on node 1 ended with code 0 while the others were still running");
  EXPECT_THAT(cause.last_lines, ElementsAre("bye"));
}

TEST(Hang, ARankThatDoesNotAnswerIsTheCauseWhereOthersWait) {
  const auto cause = hang_cause(silence({{{0, 0}, kWaits}, {{1, 1}, {}}, {{2, 2}, kWaits}}, 3));
  EXPECT_EQ(
      cause.sentence(),
      "rank 1 on node 1 did not join a collective: no rank has printed a line for 1 min 0 s, 2 ranks wait "
      "for others; it does not answer");
  EXPECT_EQ(cause.hint,
            "check node 1: a rank that does not answer is stopped, in another program, or in the kernel, as "
            "with a dead "
            "file system");
  EXPECT_EQ(hang_cause(silence({{{0, 0}, {}}, {{1, 1}, kWaits}, {{2, 2}, kLoads}}, 3)).rank, 2);
}

/// The stack of a rank whose innermost frames are in these files of torch, or of the script.
Lines within(std::initializer_list<std::string_view> frames) {
  Lines lines{"Current thread 0x1 (most recent call first):"};
  for (const auto frame : frames) lines.push_back("  File \"/v/" + std::string(frame));
  lines.insert(lines.end(),
               {"  File \"/w/train.py\", line 40 in step", "Thread 0x2 (most recent call first):",
                "  File \"/v/torch/distributed/distributed_c10d.py\", line 1 in send"});
  return lines;
}

TEST(Hang, WhoseInnermostFrameIsACommunicationWaits) {
  constexpr std::string_view c10d = "torch/distributed/distributed_c10d.py\", line 2 in all_reduce";
  constexpr std::string_view writer = "torch/distributed/checkpoint/filesystem.py\", line 3 in _write_item";
  constexpr std::string_view wrapper = "torch/distributed/c10d_logger.py\", line 8 in wrapper";
  EXPECT_TRUE(waits(within({c10d, wrapper})));
  EXPECT_TRUE(waits(within({c10d, wrapper, writer}))) << "ranks agree on what to write";
  EXPECT_TRUE(waits(within({"torch/_ops.py\", line 5 in __call__",
                            "torch/distributed/_functional_collectives.py\", line 6 in wait_tensor"})));
  EXPECT_TRUE(waits(within({"torch/cuda/streams.py\", line 5 in synchronize",
                            "torch/distributed/fsdp/_runtime_utils.py\", line 6 in _unshard"})));
  EXPECT_FALSE(waits(within({writer, "torch/distributed/checkpoint/filesystem.py\", line 7 in write_data"})));
  EXPECT_FALSE(waits(within({"torch/serialization.py\", line 7 in save", writer})));
  EXPECT_FALSE(
      waits(within({"w/model.py\", line 3 in forward", "torch/distributed/fsdp/x.py\", line 9 in f"})));
  EXPECT_FALSE(
      waits(within({"torch/distributed/distributed_c10d.py\", line 9 in destroy_process_group", wrapper})));
  EXPECT_FALSE(waits(within({}))) << "another thread";
  EXPECT_FALSE(waits({}));
}

TEST(Hang, WithoutEvidenceNoRankIsNamed) {
  EXPECT_EQ(hang_cause(silence({{{0, 0}, kWaits}, {{1, 1}, kWaits}})).sentence(),
            "no rank has printed a line for 1 min 0 s, and all wait for others");
  EXPECT_EQ(hang_cause(silence({{{0, 0}, {}}, {{1, 1}, {}}})).sentence(),
            "no rank has printed a line for 1 min 0 s, and none has moved");
  EXPECT_EQ(hang_cause(silence({{{0, 0}, kLoads}}, 1)).sentence(),
            "no rank has printed a line for 1 min 0 s: rank 0 on node 0 is at train.py:31 in load");
}

TEST(Hang, RanksMoveIfTheirMainThreadOrTheirOperationsDo) {
  const Look first{.stacks = {{{0, 0}, kWaits}, {{1, 1}, kLoads}}, .ras = {{0, read_ras(kBehind)}}};
  auto second = first;
  EXPECT_FALSE(moved(first, second));
  second.stacks[{0, 0}].push_back("Thread 0x2 (most recent call first):");
  EXPECT_FALSE(moved(first, second)) << "another thread";
  second.stacks[{0, 0}] = {};
  EXPECT_FALSE(moved(first, second)) << "it could not tell";
  second.ras[0][0].groups[0].count = 60;
  EXPECT_TRUE(moved(first, second));
  second = first;
  second.stacks[{1, 1}] = kWaits;
  EXPECT_TRUE(moved(first, second));
}

TEST(Hang, FramesAreShort) {
  EXPECT_EQ(frame_text(kLoads), "train.py:31 in load");
  EXPECT_EQ(frame_text({}), "");
  EXPECT_EQ(frame_text(Lines{"  File \"t.py"}), "");
}

}  // namespace
}  // namespace launch::train
