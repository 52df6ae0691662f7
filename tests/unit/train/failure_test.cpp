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
  LogMux mux(LogPlaces::in(scratch.path()), {},
             {.ended = [&](const RankEnd& end) { ends.ranks.push_back(end); }}, work);
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

/// Rank N of node N.
RankEnd ended(int rank, double time, int code, int signal = 0) {
  RankEnd end;
  end.rank = rank;
  end.node = rank;
  end.event.code = code;
  end.event.signal = signal;
  end.event.time = time;
  end.event.ended_normally = signal == 0;
  end.last_lines = {"step 1", "step 2"};
  return end;
}

/// "torch.OutOfMemoryError: no memory"
Raised exception(const std::string& text) {
  const auto colon = text.find(": ");
  const auto type = text.substr(0, colon);
  return {type, {type, "Exception"}, colon == std::string::npos ? "" : text.substr(colon + 2)};
}

RankEnd raised(int rank, double time, const std::string& text) {
  auto end = ended(rank, time + 0.25, 1);
  end.event.exception = {
      .raised = exception(text), .time = time, .lines = {"Traceback", text}, .uncaught = true};
  return end;
}

/// Asked to end `asked` seconds after 1970.
RankEnd stopped(RankEnd end, double asked, int signal = SIGTERM) {
  end.event.code = 0;
  end.event.signal = signal;
  end.event.asked_to_end = true;
  end.event.asked = asked;
  return end;
}

RankEnd with_words(RankEnd end, std::vector<std::string> words) {
  end.event.words = std::move(words);
  end.event.ended_normally = false;
  return end;
}

std::string blamed(const std::vector<RankEnd>& ends, const std::vector<UnfinishedRank>& unfinished = {}) {
  const auto cause = find_cause(ends, {}, unfinished);
  return cause ? cause->sentence() : "";
}

constexpr const char* kGlooClosed =
    "RuntimeError: [/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:547] Connection closed by peer "
    "[10.89.0.3]:28045";
constexpr const char* kGlooLate =
    "RuntimeError: [/pytorch/third_party/gloo/gloo/transport/tcp/unbound_buffer.cc:81] Timed out waiting "
    "5000ms "
    "for recv operation to complete";
constexpr const char* kWatchdog =
    "[rank2]:[E1124 ProcessGroupNCCL.cpp:632] [Rank 2] Watchdog caught collective operation timeout: "
    "WorkNCCL";

TEST(Order, WhoFailedByItselfBeforeWhoLostAPeer) {
  EXPECT_EQ(blamed({raised(0, 1.0, kGlooClosed), raised(1, 2.0, "ValueError: bad batch")}),
            "rank 1 on node 1 raised ValueError: bad batch");
  EXPECT_EQ(blamed({raised(0, 1.0, kGlooClosed), ended(1, 2.0, 0, SIGSEGV)}),
            "rank 1 on node 1 was killed by SIGSEGV");
}

TEST(Order, TheEarlierOfTwoThatFailedByThemselves) {
  EXPECT_EQ(blamed({raised(0, 5.0, "ValueError: late"), ended(1, 4.0, 0, SIGBUS)}),
            "rank 1 on node 1 was killed by SIGBUS");
}

TEST(Order, AnExceptionIsAsOldAsItsRaising) {
  auto slow_to_leave = raised(0, 3.0, "ValueError: first");
  slow_to_leave.event.time = 9.0;
  EXPECT_EQ(blamed({slow_to_leave, ended(1, 4.0, 2)}), "rank 0 on node 0 raised ValueError: first");
}

TEST(Order, TimeoutBeforeLostPeersBeforeThoseAskedToEnd) {
  const auto timeout = with_words(ended(2, 9.0, 0, SIGABRT), {kWatchdog});
  const auto lost = raised(
      1, 2.0, "torch.distributed.DistBackendError: NCCL error: remote process exited or there was an error");
  const auto asked = stopped(ended(0, 1.0, 0), 0.5);
  EXPECT_EQ(blamed({asked, lost, timeout}),
            std::string("rank 2 on node 2 timed out waiting for other ranks: ") + kWatchdog);
  EXPECT_EQ(blamed({asked, lost}),
            "rank 1 on node 1 lost its connection to another rank: torch.distributed.DistBackendError: NCCL "
            "error: remote process exited or there was an error");
  EXPECT_EQ(blamed({asked}), "rank 0 on node 0 was stopped");
}

TEST(Order, ARankThatRaisedAndWasThenAskedToEndStillRaised) {
  const auto cause = cause_of(stopped(raised(0, 1.0, "ValueError: mine"), 2.0));
  EXPECT_EQ(cause.kind, CauseKind::exception);
  EXPECT_EQ(cause.code, 1);
  EXPECT_EQ(cause_of(stopped(raised(0, 3.0, "SaveFailed: disk"), 2.0)).kind, CauseKind::stopped);
  EXPECT_EQ(cause_of(stopped(raised(0, 3.0, "KeyboardInterrupt"), 2.0, SIGINT)).kind, CauseKind::stopped);
}

TEST(Order, ARankThatLeftIsTheCauseIfTheOthersOnlyLostIt) {
  const auto left = ended(2, 3.1, 0);  // its sockets were closed before its process was gone
  const auto cause = find_cause(std::vector{raised(0, 3.0, kGlooClosed), left}, {});
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->sentence(), "rank 2 on node 2 ended with code 0 while the others were still running");
  EXPECT_EQ(cause->kind, CauseKind::left);
  EXPECT_EQ(cause->code, 1);
  EXPECT_THAT(cause->last_lines, testing::ElementsAre("step 1", "step 2"));
  EXPECT_EQ(blamed({raised(0, 3.0, kGlooLate), left}), cause->sentence());
  EXPECT_EQ(blamed({raised(0, 3.0, "ValueError: mine"), left}), "rank 0 on node 0 raised ValueError: mine");
  // It ended well long after.
  EXPECT_EQ(cause_of(raised(0, 3.0, kGlooClosed)).sentence(),
            blamed({raised(0, 3.0, kGlooClosed), ended(2, 9.0, 0)}));
  // The first of several.
  EXPECT_EQ(blamed({ended(3, 3.0, 0), raised(0, 3.0, kGlooClosed), ended(2, 2.9, 0)}), cause->sentence());
}

TEST(Order, AfterATimeoutTheRankThatOthersWaitedFor) {
  const std::vector<RankEnd> late{raised(0, 5.0, kGlooLate), raised(1, 5.1, kGlooClosed)};
  const auto cause = find_cause(late, {}, std::vector{UnfinishedRank{3, 3, {}, {"loading"}}});
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->sentence(), "rank 3 on node 3 did not join a collective: " + cause_of(late[0]).sentence());
  EXPECT_EQ(cause->kind, CauseKind::hang);
  EXPECT_EQ(cause->code, 1);
  EXPECT_THAT(cause->last_lines, testing::ElementsAre("loading"));
  // Of two that are alive, the one that does not wait itself.
  const UnfinishedRank waits{
      2, 2, {"Thread 0x1 (most recent call first):", "  File \"/v/torch/distributed/x.py\""}, {}};
  const UnfinishedRank sleeps{
      3, 3, {"Thread 0x1 (most recent call first):", "  File \"/w/train.py\", line 3"}, {}};
  const auto asleep = find_cause(late, {}, std::vector{waits, sleeps});
  EXPECT_EQ(asleep->rank, 3);
  EXPECT_EQ(asleep->last_lines, sleeps.stacks);
  // Or the one that does not answer.
  const auto mute = find_cause(late, {}, std::vector{UnfinishedRank{1, 1}, waits});
  EXPECT_EQ(mute->rank, 1);
  EXPECT_EQ(mute->hint,
            "check node 1: a rank that does not answer is stopped, in another program, or in the kernel, as "
            "with a dead "
            "file system");
  // Without stacks nobody knows which.
  EXPECT_EQ(blamed(late, {{2, 2}, {3, 3}}), cause_of(late[0]).sentence());
  // A lost peer is no reason to suspect who is alive.
  EXPECT_EQ(blamed({raised(0, 5.0, kGlooClosed)}, {{3, 3}}),
            cause_of(late[1]).sentence().replace(5, 1, "0").replace(15, 1, "0"));
}

TEST(Order, ARankThatCrashesSlowlyIsTheCauseIfTheOthersOnlyLostIt) {
  const auto lost = raised(0, 1.0, kGlooClosed);
  const auto crashed = stopped(ended(1, 5.2, 0), 2.0, SIGSEGV);
  const auto cause = find_cause(std::vector{lost, crashed}, {});
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->sentence(), "rank 1 on node 1 was killed by SIGSEGV");
  EXPECT_EQ(cause->code, 139);
  EXPECT_EQ(cause->kind, CauseKind::signal);
  // The first of several; those that were ended are none.
  EXPECT_EQ(blamed({lost, stopped(ended(2, 5.0, 0), 2.0, SIGKILL), stopped(ended(3, 6.0, 0), 2.0, SIGBUS),
                    crashed}),
            cause->sentence());
  // Who failed by itself, or left, was earlier.
  EXPECT_EQ(blamed({raised(0, 1.0, "ValueError: mine"), crashed}),
            "rank 0 on node 0 raised ValueError: mine");
  EXPECT_EQ(blamed({lost, crashed, ended(2, 0.5, 0)}),
            "rank 2 on node 2 ended with code 0 while the others were still running");
  EXPECT_EQ(blamed({raised(0, 1.0, kGlooLate), crashed}), cause_of(raised(0, 1.0, kGlooLate)).sentence());
  EXPECT_EQ(blamed({crashed}), "rank 1 on node 1 was stopped");
  const auto aborted = with_words(stopped(ended(1, 5.2, 0), 2.0, SIGABRT), {kWatchdog});
  EXPECT_EQ(blamed({lost, aborted}), cause_of(lost).sentence()) << "a victim, too";
}

/// A rank that is alive, in its clean-up.
UnfinishedRank cleans_up(int rank, const std::string& text = {}) {
  UnfinishedRank alive{
      rank, rank, {"Thread 0x1 (most recent call first):", "  File \"/w/train.py\", line 3 in close"}, {}};
  if (!text.empty()) alive.handling = RankException{.raised = exception(text), .time = 1.5, .lines = {text}};
  return alive;
}

TEST(Order, ARankThatCleansUpIsTheCauseIfTheOthersOnlyLostIt) {
  const auto lost = raised(0, 1.0, kGlooClosed);
  const UnfinishedRank waits{
      2,
      2,
      {"Thread 0x1 (most recent call first):", "  File \"/v/torch/distributed/x.py\", line 1 in f"},
      {}};
  const auto cause = find_cause(std::vector{lost}, {}, std::vector{waits, cleans_up(1)});
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->sentence(),
            "rank 1 on node 1 seems to have closed its connections: it was at train.py:3 in "
            "close; " +
                cause_of(lost).sentence());
  EXPECT_EQ(kind_name(cause->kind), "closed");
  EXPECT_EQ(cause->code, 1);
  EXPECT_EQ(cause->last_lines, cleans_up(1).stacks);
  // Which of two cannot be known, unless one has raised.
  EXPECT_EQ(blamed({lost}, {cleans_up(1), cleans_up(3)}), cause_of(lost).sentence());
  EXPECT_EQ(blamed({lost}, {cleans_up(1), cleans_up(3, "ValueError: loss is NaN")}),
            "rank 3 on node 3 raised ValueError: loss is NaN");
  // A victim may clean up, too.
  EXPECT_EQ(blamed({lost}, {cleans_up(1), cleans_up(3, kGlooClosed)}), cause->sentence());
  EXPECT_EQ(blamed({lost}, {waits, cleans_up(3, kGlooClosed)}), cause_of(lost).sentence());
  // At last it says what it raised; one that was ended by SIGINT does not.
  auto says = stopped(raised(1, 9.0, "ValueError: loss is NaN"), 5.0, 0);
  EXPECT_EQ(blamed({lost, says}, {cleans_up(1)}), "rank 1 on node 1 raised ValueError: loss is NaN");
  says.event.exception->raised = exception("KeyboardInterrupt");
  EXPECT_EQ(blamed({lost, says}, {cleans_up(1)}), cause->sentence());
  // Better evidence.
  EXPECT_EQ(blamed({lost, raised(2, 2.0, "KeyError: 'a'")}, {cleans_up(1, "ValueError: loss is NaN")}),
            "rank 2 on node 2 raised KeyError: 'a'");
}

TEST(Order, NobodyFailed) {
  EXPECT_EQ(blamed({ended(0, 1.0, 0)}), "");
}

TEST(Exception, IsTheLastOneRaised) {
  const std::vector<std::string> lines{"Traceback (most recent call last):",
                                       "  File \"t.py\", line 1, in <module>",
                                       "KeyError: 'a'",
                                       "",
                                       "During handling of the above exception, another exception occurred:",
                                       "",
                                       "[rank0]: Traceback (most recent call last):",
                                       "[rank0]:   File \"t.py\", line 1, in <module>",
                                       "[rank0]: RuntimeError: no a"};
  EXPECT_EQ(exception_in(lines), "RuntimeError: no a");
  EXPECT_EQ(exception_in(std::vector<std::string>{"all is well"}), "");
}

TEST(Cause, ScriptThatIsNotInTheImage) {
  const auto cause = cause_of(with_words(
      ended(0, 1.0, 2),
      {"/usr/bin/python3: can't open file '/workspace/trian.py': [Errno 2] No such file or directory"}));
  EXPECT_EQ(cause.sentence(),
            "rank 0 on node 0 exited with code 2: the script /workspace/trian.py is not in the image");
  EXPECT_EQ(
      cause.hint,
      "add it with [image] copy in the recipe; [train] command is relative to the image's working folder");
}

TEST(Cause, ErrorFileWhenNothingElseTellsOfAnException) {
  auto end = ended(0, 1.0, 1);
  end.event.message = "ValueError: recorded\nand more";
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 raised ValueError: recorded");
}

/// An exception's words, and whose fault it is.
struct Fault {
  const char* text;
  Blame blame;
};

TEST(Blame, IsByTorchsTypesAndExactWordsOnly) {
  for (const auto& [text, blame] : std::vector<Fault>{
           {kGlooClosed, Blame::lost},
           {kGlooLate, Blame::timeout},
           {"RuntimeError: [/gloo/transport/tcp/pair.cc:598] Connection reset by peer [10.0.0.1]:1",
            Blame::lost},
           {"RuntimeError: [/gloo/transport/tcp/pair.cc:69] Application timeout caused pair closure",
            Blame::timeout},
           {"RuntimeError: Rank 1 failed to pass monitoredBarrier in 5000 ms", Blame::timeout},
           {"torch.distributed.DistNetworkError: failed to recv, got 0 bytes", Blame::lost},
           {"torch.distributed.DistStoreError: Timed out after 61 seconds waiting for clients. 1/2 joined.",
            Blame::timeout},
           {"torch.distributed.DistBackendError: NCCL error in: x.cpp:1, unhandled system error, "
            "ncclRemoteError: A "
            "call failed possibly due to a network error or a remote process exiting prematurely.",
            Blame::lost},
           {"RuntimeError: NCCL communicator was aborted on rank 1.", Blame::timeout},
           {"torch.distributed.DistBackendError: NCCL error, ncclInvalidUsage: Duplicate GPU detected : rank "
            "0",
            Blame::own},
           {"torch.distributed.DistNetworkError: failed to bind to port 29500, EADDRINUSE", Blame::own},
           {"torch.distributed.DistQueueEmptyError: queue is empty", Blame::own},
           {"RuntimeError: NCCL is a word of mine, and so is timeout", Blame::own},
           {"TimeoutError: the data server timed out", Blame::own},
           {"ConnectionResetError: [Errno 104] Connection reset by peer", Blame::own},
           {"BrokenPipeError: [Errno 32] Broken pipe", Blame::own},
           {"RuntimeError: [enforce fail at /gloo/transport/tcp/device.cc:83] Unable to find address for: "
            "eth9",
            Blame::own},
       }) {
    EXPECT_EQ(blame_of(exception(text)), blame) << text;
  }
}

TEST(Blame, IsThatOfASubclassToo) {
  EXPECT_EQ(
      blame_of({"mine.PeerError", {"mine.PeerError", "torch.distributed.DistError", "RuntimeError"}, "gone"}),
      Blame::lost);
}

TEST(Blame, TheFirstOfAChainDecides) {
  auto victim = raised(0, 1.0, "RuntimeError: training failed");
  victim.event.exception->chain = {exception("KeyError: 'step'"), exception(kGlooClosed)};
  EXPECT_EQ(cause_of(victim).sentence(),
            std::string("rank 0 on node 0 lost its connection to another rank: ") + kGlooClosed);
  auto culprit = raised(0, 1.0, kGlooClosed);  // a barrier in the clean-up
  culprit.event.exception->chain = {exception("ValueError: bad batch")};
  EXPECT_EQ(cause_of(culprit).sentence(), "rank 0 on node 0 raised ValueError: bad batch");
  auto own = raised(0, 1.0, "RuntimeError: no a");
  own.event.exception->chain = {exception("KeyError: 'a'")};
  EXPECT_EQ(cause_of(own).sentence(), "rank 0 on node 0 raised RuntimeError: no a");
}

TEST(Blame, TheFirstMemberOfAGroupWithAFaultOfItsOwnDecides) {
  auto group = raised(0, 1.0, "ExceptionGroup: step 3 (2 sub-exceptions)");
  group.event.exception->leaves = {exception(kGlooClosed), exception("ValueError: bad batch")};
  EXPECT_EQ(cause_of(group).sentence(),
            "rank 0 on node 0 raised ExceptionGroup: step 3 (2 sub-exceptions): ValueError: bad batch");
  group.event.exception->leaves.pop_back();
  EXPECT_EQ(cause_of(group).kind, CauseKind::connection);
}

TEST(Cause, HasNoColours) {
  const auto cause = cause_of(raised(0, 1.0, "ValueError: \x1b[31mred\x1b[0m end"));
  EXPECT_EQ(cause.sentence(), "rank 0 on node 0 raised ValueError: red end");
  EXPECT_EQ(cause.last_lines.back(), "ValueError: \x1b[31mred\x1b[0m end");
  const std::vector<NodeEnd> nodes{{.node = 1, .code = 1, .last_lines = {"\x1b[1mno\x1b[m torch"}}};
  EXPECT_EQ(find_cause({}, nodes)->message, "no torch");
}

TEST(Cause, OfAnExceptionIsItsFirstLineAndShowsItsTraceback) {
  const auto cause =
      cause_of(raised(0, 1.0, "RuntimeError: Error(s) in loading state_dict:\n\tMissing key: w"));
  EXPECT_EQ(cause.sentence(), "rank 0 on node 0 raised RuntimeError: Error(s) in loading state_dict:");
  EXPECT_EQ(cause.last_lines.front(), "Traceback");
  EXPECT_EQ(cause.time, 1.0);
}

TEST(Cause, ATracebackOnStderrCountsOnlyAsTheLastWord) {
  auto end = raised(0, 1.0, "ValueError: bad");
  end.event.exception->uncaught = false;
  end.event.ended_normally = std::nullopt;  // python -S
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 raised ValueError: bad");
  end.event.after = 51;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 1");
  end.event.after = 0;
  end.event.code = 3;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 3");
  // print_exc and sys.exit.
  end.event.ended_normally = true;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 3: ValueError: bad");
  end.event.exception->raised = exception(kGlooClosed);
  EXPECT_EQ(cause_of(end).kind, CauseKind::connection);
  end.event.after = 4;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 3");
}

TEST(Cause, ATracebackOnStderrIsOldSecondsAfterIt) {
  auto end = raised(0, 1.0, "ValueError: bad");
  end.event.exception->uncaught = false;
  end.event.ended_normally = false;  // os._exit
  end.event.time = 3.0;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 raised ValueError: bad");
  end.event.time = 3.1;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 1");
  end.event.ended_normally = std::nullopt;  // an exit handler may have taken the time
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 raised ValueError: bad");
  end.event.ended_normally = true;
  end.event.time = 11.0;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 1: ValueError: bad");
  end.event.time = 11.1;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 1");
}

TEST(Cause, WhatFollowedAPrintedTracebackIsShown) {
  auto end = raised(0, 1.0, "ValueError: bad");
  end.event.exception->uncaught = false;
  end.event.ended_normally = false;
  end.last_lines = {"step 1", "Traceback", "[rank0]: ValueError: bad", "FATAL: no disk"};
  EXPECT_THAT(cause_of(end).last_lines,
              testing::ElementsAre("Traceback", "ValueError: bad", "FATAL: no disk"));
  end.last_lines = {"step 9", "FATAL: no disk"};
  EXPECT_THAT(cause_of(end).last_lines,
              testing::ElementsAre("Traceback", "ValueError: bad", "step 9", "FATAL: no disk"));
}

TEST(Cause, WhatWasHandledAtTheExitDecidesBeforeWords) {
  auto end = with_words(ended(0, 1.0, 3), {kGlooClosed});
  end.event.ended_normally = true;
  EXPECT_EQ(cause_of(end).kind, CauseKind::connection);
  end.event.handled = RankException{.raised = exception("ValueError: bad")};
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 3: ValueError: bad")
      << "words of its clean-up";
  end.event.handled->raised = exception("subprocess.CalledProcessError: Command 'x' returned 1");
  EXPECT_EQ(cause_of(end).kind, CauseKind::connection);
  end.event.words.clear();
  end.event.handled->raised = exception(kGlooClosed);
  EXPECT_EQ(cause_of(end).kind, CauseKind::connection);
}

TEST(Cause, OfAnExceptionAboutAnotherProcessIsWhatThatSaidOfAPeer) {
  auto end = raised(0, 1.0, "subprocess.CalledProcessError: Command 'x' returned 1");
  EXPECT_EQ(cause_of(end).sentence(),
            "rank 0 on node 0 raised subprocess.CalledProcessError: Command 'x' returned 1");
  EXPECT_THAT(cause_of(end).last_lines, testing::ElementsAre("step 1", "step 2")) << "with the other's";
  end.event.words = {kGlooClosed};
  EXPECT_EQ(cause_of(end).sentence(),
            std::string("rank 0 on node 0 lost its connection to another rank: ") + kGlooClosed);
  end.event.exception->raised = exception("ValueError: mine");
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 raised ValueError: mine");
}

TEST(Cause, TextOfSysExit) {
  auto end = ended(0, 1.0, 1);
  end.event.said = "no such data set";
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 1: no such data set");
  end.event.code = 7;  // what was said last has nothing to do with sys.exit(7)
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 7");
  end.event.code = 1;  // os._exit
  end.event.ended_normally = false;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 exited with code 1");
}

TEST(Cause, OfSigkillIsMemoryOnlyIfTheKernelCountedIt) {
  auto end = ended(0, 1.0, 0, SIGKILL);
  EXPECT_EQ(cause_of(end).hint, "SIGKILL usually means out of memory: check dmesg or reduce memory use");
  end.event.oom_kills = 0;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 was killed by SIGKILL");
  EXPECT_EQ(
      cause_of(end).hint,
      "memory was not the reason, as the kernel counted no kill in the container: someone or something else "
      "sent SIGKILL");
  end.event.oom_kills = 1;
  EXPECT_EQ(cause_of(end).sentence(),
            "rank 0 on node 0 was killed by the kernel's OOM killer: the container has no limit, so the "
            "machine ran out of memory");
  end.event.memory_limit = 2'000'000'000;
  const auto cause = cause_of(end);
  EXPECT_EQ(cause.sentence(),
            "rank 0 on node 0 was killed by the kernel's OOM killer: the container's limit is 2.0 GB");
  EXPECT_EQ(cause.kind, CauseKind::oom);
  EXPECT_EQ(cause.code, 137);
}

TEST(Cause, OfAnAbortIsWhatWasSaidBefore) {
  const auto aborted = [](std::vector<std::string> words) {
    return cause_of(with_words(ended(0, 1.0, 0, SIGABRT), std::move(words)));
  };
  EXPECT_EQ(aborted({}).sentence(), "rank 0 on node 0 was killed by SIGABRT");
  EXPECT_EQ(aborted({"Fatal Python error: Aborted"}).sentence(), "rank 0 on node 0 was killed by SIGABRT");
  EXPECT_EQ(aborted({"terminate called after throwing an instance of 'std::runtime_error'",
                     "what():  no luck", "Fatal Python error: Aborted"})
                .sentence(),
            "rank 0 on node 0 was killed by SIGABRT: std::runtime_error: no luck");
  const auto assertion = aborted(
      {"[E1125 ProcessGroupNCCL.cpp:2057] [Rank 1] Process group watchdog thread terminated with exception: "
       "CUDA error: device-side assert triggered",
       "terminate called after throwing an instance of 'c10::DistBackendError'",
       "what():  [PG ID 0 Rank 1] Process group watchdog thread terminated with exception: CUDA error: "
       "device-side assert triggered"});
  EXPECT_EQ(assertion.sentence(),
            "rank 0 on node 0 was killed by SIGABRT: CUDA error: device-side assert triggered");
  EXPECT_EQ(assertion.kind, CauseKind::signal);
  EXPECT_EQ(aborted({"socketProgress: Connection closed by remote peer n1<1234>",
                     "Received a dump signal due to a collective timeout from rank 0"})
                .kind,
            CauseKind::connection);
}

TEST(Cause, OfASignalDoesNotListAllModules) {
  auto end = ended(0, 1.0, 0, SIGSEGV);
  end.last_lines = {"Fatal Python error: Segmentation fault", "",
                    "Extension modules: numpy, torch (total: 20)"};
  EXPECT_THAT(cause_of(end).last_lines, testing::ElementsAre("Fatal Python error: Segmentation fault", ""));
}

TEST(Cause, HintsWhereMemoryWasShort) {
  EXPECT_EQ(
      cause_of(raised(0, 1.0, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB")).hint,
      "the GPU's memory was full: use a smaller batch, activation checkpointing or more GPUs");
  auto worker = raised(0, 1.0, "RuntimeError: DataLoader worker (pid 12) is killed by signal: Killed.");
  EXPECT_EQ(cause_of(worker).hint, "");
  worker.event.oom_kills = 1;
  EXPECT_EQ(
      cause_of(worker).hint,
      "the kernel killed it for want of memory: use fewer DataLoader workers, or give the containers more "
      "memory");
}

TEST(Cause, OfAScriptThatRaisesKeyboardInterrupt) {
  auto end = raised(0, 1.0, "KeyboardInterrupt");
  end.event.code = 0;
  end.event.signal = SIGINT;
  EXPECT_EQ(cause_of(end).sentence(), "rank 0 on node 0 raised KeyboardInterrupt");
  EXPECT_EQ(cause_of(end).code, 130);
}

TEST(Cause, NodeThatWasKilled) {
  const std::vector<NodeEnd> nodes{{.node = 1, .code = 137}};
  const auto cause = find_cause({}, nodes);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->sentence(), "torchrun on node 1 was killed by SIGKILL");
  EXPECT_EQ(cause->hint, "SIGKILL usually means out of memory: check dmesg or reduce memory use");
  EXPECT_EQ(cause->code, 137);
}

}  // namespace
}  // namespace launch::train
