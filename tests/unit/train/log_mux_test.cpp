#include "train/log_mux.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "unit/train/mux_fixture.hpp"
#include "unit/train/recorded.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

class Mux : public MuxTest {
 protected:
  std::string file(const std::string& name) {
    mux_.flush();
    const auto text = read_file(scratch_.path() / name);
    return text ? *text : text.error().text();
  }
};

TEST_F(Mux, EachRankHasItsFileAndAllIsInOrder) {
  mux_.take(0, Stream::err, "torchrun says hello");
  mux_.take(0, Stream::out, "@launch 0 s {\"pid\": 1}");
  mux_.take(1, Stream::out, "@launch 3 s {\"pid\": 1}");
  mux_.take(0, Stream::out, "@launch 0 o loss 1.5");
  mux_.take(1, Stream::out, "@launch 3 e warning");
  EXPECT_THAT(shown_, ElementsAre("err [0] torchrun says hello", "out [0.0] loss 1.5", "err [1.3] warning"));
  EXPECT_EQ(file("all.log"), "[0] torchrun says hello\n[0.0] loss 1.5\n[1.3] warning\n");
  EXPECT_EQ(file("node0.log"), "torchrun says hello\n");
  EXPECT_EQ(file("node0.rank0.log"), "loss 1.5\n");
  EXPECT_EQ(file("node1.rank3.log"), "warning\n");
}

TEST_F(Mux, LongLinesArePutTogetherPerRankAndStream) {
  mux_.take(0, Stream::out, "@launch 0 O abc");
  mux_.take(0, Stream::out, "@launch 1 o other");
  mux_.take(0, Stream::out, "@launch 0 e err");
  mux_.take(0, Stream::out, "@launch 0 o def");
  EXPECT_THAT(shown_, ElementsAre("out [0.1] other", "err [0.0] err", "out [0.0] abcdef"));
}

TEST_F(Mux, BarsAreShownAsSuchAndEachStateIsALineOfTheFiles) {
  mux_.take(0, Stream::out, "@launch 0 e \r");
  mux_.take(0, Stream::out, "@launch 0 p e  10%");
  mux_.take(0, Stream::out, "@launch 0 e  10%\r");
  mux_.take(0, Stream::out, "@launch 0 o loss 1");
  mux_.take(0, Stream::out, "@launch 0 E  20");
  mux_.take(0, Stream::out, "@launch 0 e %\r");
  mux_.take(0, Stream::out, "@launch 0 e below 5%\x1b[A");
  mux_.take(0, Stream::out, "@launch 0 e 100%");
  mux_.take(0, Stream::out, "@launch 0 p o so far");
  EXPECT_THAT(shown_, ElementsAre("bar of err [0.0]  10%", "bar of err [0.0]  10%", "out [0.0] loss 1",
                                  "bar of err [0.0]  20%", "bar of err [0.0] below 5%", "err [0.0] 100%",
                                  "bar of out [0.0] so far"));
  EXPECT_EQ(file("node0.rank0.log"), " 10%\nloss 1\n 20%\nbelow 5%\x1b[A\n100%\n");
}

TEST_F(Mux, ABarIsOneOfTheLastLines) {
  mux_.take(0, Stream::out, "@launch 0 e started");
  for (int i = 0; i < 100; ++i) mux_.take(0, Stream::out, fmt::format("@launch 0 e {}%\r", i));
  EXPECT_THAT(mux_.last_lines(0, 0), ElementsAre("started", "99%"));
  mux_.take(0, Stream::out, "@launch 0 o loss 1");
  mux_.take(0, Stream::out, "@launch 0 e failed");
  EXPECT_THAT(mux_.last_lines(0, 0), ElementsAre("started", "99%", "loss 1", "failed"));
}

TEST_F(Mux, WhatOnlyLooksLikeARanksLineIsTorchruns) {
  for (const auto* line : {"@launch", "@launch 0", "@launch x o t", "@launch 0 q t", "@launch 0 oo t",
                           "@launch -1 o t", "@launch 0 p x t", "@launch 0 p ot"}) {
    mux_.take(0, Stream::out, line);
  }
  EXPECT_EQ(file("node0.log"),
            "@launch\n@launch 0\n@launch x o t\n@launch 0 q t\n@launch 0 oo t\n@launch -1 o t\n"
            "@launch 0 p x t\n@launch 0 p ot\n");
}

TEST_F(Mux, ARankCannotSpeakForAnother) {
  mux_.take(0, Stream::out, "@launch 0 o @launch 1 x {\"code\": 9}");
  EXPECT_TRUE(ended_.empty());
  EXPECT_THAT(shown_, ElementsAre("out [0.0] @launch 1 x {\"code\": 9}"));
}

TEST_F(Mux, TheEndOfARankComesWithItsLastLinesAndItsException) {
  mux_.take(1, Stream::out, "@launch 2 e Traceback (most recent call last):");
  mux_.take(
      1, Stream::out,
      R"(@launch 2 f {"type": "KeyError", "mro": ["KeyError", "LookupError"], "message": "'a'", "time": 12.25, "chain": [{"type": "ValueError", "mro": [], "message": "b"}], "leaves": [], "lines": ["x"], "hook": true})");
  ASSERT_EQ(failed_.size(), 1U);
  EXPECT_EQ(failed_[0].event.code, 1);
  EXPECT_EQ(cause_of(failed_[0]).sentence(), "rank 2 on node 1 raised KeyError: 'a'");
  mux_.take(1, Stream::out, "@launch 2 e KeyError: 'a'");
  mux_.take(
      1, Stream::out,
      R"(@launch 2 x {"code": 1, "signal": 0, "started": 3.5, "time": 12.5, "asked_to_end": true, "asked": 12.4, "after": 2, "ended_normally": true, "said": "bye", "words": ["w"], "oom_kills": 1, "memory_limit": 7, "message": null})");
  ASSERT_EQ(ended_.size(), 1U);
  const auto& [node, rank, event, last_lines] = ended_[0];
  EXPECT_EQ(std::pair(node, rank), std::pair(1, 2));
  EXPECT_EQ(std::tuple(event.code, event.started, event.time, event.asked), std::tuple(1, 3.5, 12.5, 12.4));
  EXPECT_EQ(std::tuple(event.after, event.ended_normally, event.said), std::tuple(2, true, "bye"));
  EXPECT_EQ(std::tuple(event.oom_kills, event.memory_limit), std::tuple(1, 7U));
  EXPECT_THAT(event.words, ElementsAre("w"));
  ASSERT_TRUE(event.exception);
  EXPECT_EQ(event.exception->time, 12.25);
  EXPECT_EQ(event.exception->chain.at(0).type, "ValueError");
  EXPECT_THAT(event.exception->raised.bases, ElementsAre("KeyError", "LookupError"));
  EXPECT_THAT(last_lines, ElementsAre("Traceback (most recent call last):", "KeyError: 'a'"));
}

TEST_F(Mux, AnExceptionThatIsOnlyOnStderrIsNoFailureYet) {
  mux_.take(0, Stream::out,
            R"(@launch 0 f {"type": "KeyError", "message": "'a'", "time": 1, "hook": false})");
  EXPECT_TRUE(failed_.empty());
}

TEST_F(Mux, StacksAreToldAndKeptInTheLog) {
  mux_.take(0, Stream::out, R"(@launch 0 k {"time": 1, "lines": ["Thread 0x1:", "  File \"t.py\""]})");
  EXPECT_THAT(stacks_, ElementsAre("Thread 0x1:", "  File \"t.py\""));
  EXPECT_EQ(file("node0.rank0.log"), "the stacks of its threads:\nThread 0x1:\n  File \"t.py\"\n");
}

TEST_F(Mux, NonsenseForAnEventIsNone) {
  for (const auto* json : {"", "[]", "{", R"({"code": "1", "signal": 0, "time": 1})", R"({"code": 1})"}) {
    mux_.take(0, Stream::out, std::string("@launch 0 x ") + json);
  }
  EXPECT_TRUE(ended_.empty());
}

TEST_F(Mux, AFullDiskIsSaidOnceAndTheTrainingGoesOn) {
  mux_.take(0, Stream::out, "@launch 0 o loss 1");
  mux_.flush();
  work_.disk.set({.call = "write", .path = "log", .error = ENOSPC});
  mux_.take(0, Stream::out, "@launch 0 o loss 2");
  mux_.flush();
  mux_.take(0, Stream::out, "@launch 1 o loss 3");
  mux_.flush();
  work_.disk.set({});
  mux_.take(0, Stream::out, "@launch 0 o loss 4");
  EXPECT_THAT(shown_,
              ElementsAre("out [0.0] loss 1", "out [0.0] loss 2", "out [0.1] loss 3", "out [0.0] loss 4"));
  EXPECT_THAT(work_.reporter.warnings,
              ElementsAre("cannot write " + (scratch_.path() / "node0.rank0.log").string() +
                          ": No space left on device; the training goes on, but its logs are incomplete"));
  // The part of a line that got through is one of its own.
  EXPECT_EQ(file("node0.rank0.log"), "loss 1\nlos\nloss 4\n");
}

TEST_F(Mux, ALogThatCannotBeMadeIsTriedAgain) {
  work_.disk.set({.call = "open", .path = "rank0", .error = EMFILE});
  mux_.take(0, Stream::out, "@launch 0 o loss 1");
  mux_.flush();
  mux_.flush();
  work_.disk.set({});
  mux_.take(0, Stream::out, "@launch 0 o loss 2");
  EXPECT_THAT(work_.reporter.warnings,
              ElementsAre("cannot write " + (scratch_.path() / "node0.rank0.log").string() +
                          ": Too many open files; the training goes on, but its logs are incomplete"));
  EXPECT_EQ(file("node0.rank0.log"), "loss 2\n");
  EXPECT_EQ(file("all.log"), "[0.0] loss 1\n[0.0] loss 2\n");
}

TEST_F(Mux, EachFileGetsOneWriteForManyLines) {
  for (int i = 0; i < 1000; ++i) mux_.take(0, Stream::out, "@launch 0 o loss");
  work_.disk.set({.call = "write", .path = "all.log", .error = ENOSPC, .nth = 2});
  mux_.flush();
  EXPECT_FALSE(work_.disk.struck()) << "a second write";
  mux_.take(0, Stream::out, "@launch 0 o loss");
  mux_.flush();
  EXPECT_TRUE(work_.disk.struck());
}

TEST_F(Mux, HushedItStillKeepsFiles) {
  mux_.hush();
  mux_.take(0, Stream::out, "@launch 0 o x");
  mux_.take(0, Stream::out, "@launch 0 p e 10%");
  EXPECT_TRUE(shown_.empty());
  EXPECT_EQ(file("node0.rank0.log"), "x\n");
}

TEST_F(Mux, HushedItEndsTheBarsThatAreShown) {
  mux_.take(0, Stream::out, "@launch 0 e 10%\r");
  mux_.take(0, Stream::out, "@launch 1 e no bar");
  mux_.hush();
  EXPECT_THAT(shown_, ElementsAre("bar of err [0.0] 10%", "err [0.1] no bar", "bar of err [0.0] "));
}

TEST_F(Mux, TorchrunsGoodByesAreNotShownWhenItsRanksEndedWell) {
  mux_.take(0, Stream::out, "@launch 0 s {}");
  mux_.take(0, Stream::err, "before");
  mux_.take(0, Stream::out, R"(@launch 0 x {"code": 0, "signal": 0, "time": 1})");
  mux_.take(0, Stream::err, "DistNetworkError: the store left first");
  EXPECT_THAT(shown_, ElementsAre("err [0] before"));
  EXPECT_EQ(file("node0.log"), "before\nDistNetworkError: the store left first\n");
}

TEST_F(Mux, OnlyTheLastLinesAreKept) {
  for (int i = 0; i < 100; ++i) mux_.take(0, Stream::err, "line " + std::to_string(i));
  const auto last = mux_.last_lines(0);
  EXPECT_EQ(last.size(), 60U);
  EXPECT_EQ(last.back(), "line 99");
}

}  // namespace
}  // namespace launch::train
