#include "train/failure.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_work.hpp"
#include "train/rendezvous.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/recorded.hpp"

namespace launch::train {
namespace {

/// The ends in a recorded run.
struct Ends {
  std::vector<RankEnd> ranks;
  std::vector<NodeEnd> nodes;
};

Ends replay(const std::string& name, int nodes) {
  const test::Scratch scratch;
  fakes::FakeWork work;
  Ends ends;
  LogMux mux(scratch.path(), {}, {.ended = [&](const RankEnd& end) { ends.ranks.push_back(end); }}, work);
  for (int node = 0; node < nodes; ++node) {
    for (const auto& line : recorded(name, node)) mux.take(node, Stream::out, line);
    ends.nodes.push_back({node, 1, mux.last_lines(node)});
  }
  return ends;
}

struct Recorded {
  const char* name;
  const char* sentence;
  CauseKind kind;
  int code;
};

class RecordedFailure : public testing::TestWithParam<Recorded> {};

TEST_P(RecordedFailure, CauseIsFoundAmongTheVictims) {
  const auto ends = replay(GetParam().name, 2);
  ASSERT_EQ(ends.ranks.size(), 4U);
  const auto cause = find_cause(ends.ranks, ends.nodes);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->sentence(), GetParam().sentence);
  EXPECT_EQ(cause->kind, GetParam().kind);
  EXPECT_EQ(cause->code, GetParam().code);
  EXPECT_EQ(cause->rank, 3);
  EXPECT_EQ(cause->node, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Torch, RecordedFailure,
    testing::Values(Recorded{"raise", "rank 3 on node 1 raised RuntimeError: boom at 2", CauseKind::exception,
                             1},
                    Recorded{"exit", "rank 3 on node 1 exited with code 7", CauseKind::exit, 7},
                    Recorded{"segv", "rank 3 on node 1 was killed by SIGSEGV", CauseKind::signal, 139},
                    Recorded{"kill", "rank 3 on node 1 was killed by SIGKILL", CauseKind::signal, 137}),
    [](const auto& info) { return info.param.name; });

TEST(Failure, TorchrunsTableIsTheOnlyWordOnARankWhoseStarterWasKilled) {
  const auto ends = replay("noshim", 2);
  EXPECT_TRUE(ends.ranks.empty());
  const auto failure = read_torchrun_failure(ends.nodes[1].last_lines);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->rank, 3);
  EXPECT_EQ(failure->code, 1);
  const auto killed = replay("kill", 2);
  const auto cause = find_cause({}, std::span(killed.nodes).subspan(1));
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->sentence(), "rank 3 on node 1 was killed by SIGKILL");
  EXPECT_EQ(cause->code, 137);
}

TEST(Failure, PortInUse) {
  const auto ends = replay("port", 1);
  const auto cause = find_cause(ends.ranks, ends.nodes);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->sentence(), "torchrun on node 0 failed: port 29500 is in use");
  EXPECT_EQ(cause->kind, CauseKind::launcher);
  EXPECT_EQ(cause->hint, "use another port: --port");
}

TEST(Failure, PortInUseIsReadFromEitherWording) {
  EXPECT_EQ(port_in_use("bind failed. port: 29501, code: -98, name: EADDRINUSE"), 29501);
  EXPECT_EQ(port_in_use("OSError: [Errno 98] Address already in use"), 0);
  EXPECT_EQ(port_in_use("port: 29500 is fine"), std::nullopt);
}

RankEnd rank_end(int rank, double time, int code, int signal, std::vector<std::string> lines,
                 bool asked_to_end = false) {
  RankEnd end;
  end.rank = rank;
  end.node = rank;
  end.event = {.code = code, .signal = signal, .time = time, .asked_to_end = asked_to_end};
  end.last_lines = std::move(lines);
  return end;
}

std::vector<std::string> raised(const std::string& line) {
  return {"Traceback (most recent call last):", "  File \"t.py\", line 1, in <module>", "    f()", line};
}

std::string blamed(std::vector<RankEnd> ends) {
  const auto cause = find_cause(ends, {});
  return cause ? cause->sentence() : "";
}

TEST(Order, WhoFailedByItselfBeforeWhoLostAPeer) {
  EXPECT_EQ(blamed({rank_end(0, 1.0, 1, 0,
                             raised("torch.distributed.DistNetworkError: Failed to recv, got 0 bytes")),
                    rank_end(1, 2.0, 3, 0, raised("ValueError: bad batch"))}),
            "rank 1 on node 1 raised ValueError: bad batch");
  EXPECT_EQ(
      blamed({rank_end(0, 1.0, 1, 0, raised("RuntimeError: [gloo/transport/tcp/pair.cc:5] Connection reset")),
              rank_end(1, 2.0, 0, SIGSEGV, {})}),
      "rank 1 on node 1 was killed by SIGSEGV");
}

TEST(Order, TheEarlierOfTwoThatFailedByThemselves) {
  EXPECT_EQ(blamed({rank_end(0, 5.0, 1, 0, raised("ValueError: late")), rank_end(1, 4.0, 0, SIGBUS, {})}),
            "rank 1 on node 1 was killed by SIGBUS");
}

TEST(Order, AnExceptionIsAsOldAsItsTraceback) {
  auto slow_to_leave = rank_end(0, 9.0, 1, 0, raised("ValueError: first"));
  slow_to_leave.event.failed = 3.0;
  EXPECT_EQ(blamed({slow_to_leave, rank_end(1, 4.0, 2, 0, {})}), "rank 0 on node 0 raised ValueError: first");
}

TEST(Order, TimeoutBeforeLostPeersBeforeThoseAskedToEnd) {
  const auto timeout = rank_end(2, 9.0, 0, SIGABRT,
                                {"[rank2]:[E1124 ProcessGroupNCCL.cpp:632] [Rank 2] Watchdog caught "
                                 "collective operation timeout: WorkNCCL"});
  const auto lost =
      rank_end(1, 2.0, 1, 0, raised("torch.distributed.DistBackendError: NCCL error: remote process exited"));
  const auto asked = rank_end(0, 1.0, 0, SIGTERM, {}, true);
  EXPECT_EQ(blamed({asked, lost, timeout}),
            "rank 2 on node 2 timed out waiting for other ranks: [E1124 ProcessGroupNCCL.cpp:632] [Rank 2] "
            "Watchdog "
            "caught collective operation timeout: WorkNCCL");
  EXPECT_EQ(blamed({asked, lost}),
            "rank 1 on node 1 lost its connection to another rank: torch.distributed.DistBackendError: NCCL "
            "error: remote "
            "process exited");
  EXPECT_EQ(blamed({asked}), "rank 0 on node 0 was stopped");
}

TEST(Order, ARankThatRaisedAndWasThenAskedToEndStillRaised) {
  const auto cause = cause_of(rank_end(0, 1.0, 0, SIGTERM, raised("ValueError: mine"), true));
  EXPECT_EQ(cause.kind, CauseKind::exception);
  EXPECT_EQ(cause.code, 1);
  EXPECT_EQ(cause_of(rank_end(0, 1.0, 0, SIGINT, raised("KeyboardInterrupt"), true)).kind,
            CauseKind::stopped);
}

TEST(Order, NobodyFailed) {
  EXPECT_EQ(blamed({rank_end(0, 1.0, 0, 0, {})}), "");
}

TEST(Exception, IsTheLastOneRaised) {
  auto lines = raised("KeyError: 'a'");
  lines.emplace_back("");
  lines.emplace_back("During handling of the above exception, another exception occurred:");
  lines.emplace_back("");
  for (auto& line : raised("[rank0]: RuntimeError: no a")) lines.push_back(line);
  EXPECT_EQ(exception_in(lines), "RuntimeError: no a");
  EXPECT_EQ(exception_in(std::vector<std::string>{"all is well"}), "");
}

TEST(Cause, ScriptThatIsNotInTheImage) {
  const auto cause = cause_of(rank_end(
      0, 1.0, 2, 0,
      {"/usr/bin/python3: can't open file '/workspace/trian.py': [Errno 2] No such file or directory"}));
  EXPECT_EQ(cause.sentence(),
            "rank 0 on node 0 exited with code 2: the script /workspace/trian.py is not in the image");
  EXPECT_EQ(
      cause.hint,
      "add it with [image] copy in the recipe; [train] command is relative to the image's working folder");
}

TEST(Cause, ErrorFileWhenTheTracebackWasPrintedElsewhere) {
  auto end = rank_end(0, 1.0, 1, 0, {"a rich box of red lines"});
  end.event.message = "ValueError: recorded";
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 raised ValueError: recorded");
}

TEST(Cause, NodeThatWasKilled) {
  const std::vector<NodeEnd> nodes{{.node = 1, .code = 137}};
  const auto cause = find_cause({}, nodes);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->sentence(), "torchrun on node 1 was killed by SIGKILL");
  EXPECT_EQ(cause->code, 137);
}

}  // namespace
}  // namespace launch::train
