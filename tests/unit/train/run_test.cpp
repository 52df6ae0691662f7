#include "train/run.hpp"

#include <cerrno>
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

/// An outcome and the resulting end.
struct Ending {
  std::string what;
  Outcome outcome;
  int signal = 0;
  bool stop_requested = false;
  std::string result;
  std::optional<int> code;
  std::string stopped_by;
};

Outcome interrupted() {
  Outcome outcome;
  outcome.interrupted = true;
  return outcome;
}

Outcome caused(int code) {
  Outcome outcome;
  outcome.cause.emplace().code = code;
  return outcome;
}

Outcome failed() {
  auto outcome = caused(143);  // of a node that was ended because of the error
  outcome.error = environment_error("no space");
  return outcome;
}

TEST(RunEnds, EachOutcomeHasItsResultAndCode) {
  const std::vector<Ending> endings{
      {"well", {}, 0, false, "succeeded", 0, ""},
      {"by a rank", caused(7), 0, false, "failed", 7, ""},
      {"with an error, which cli gives a code", failed(), 0, false, "failed", std::nullopt, ""},
      {"by Ctrl-C", interrupted(), SIGINT, false, "interrupted", 130, "SIGINT"},
      {"by a scheduler", interrupted(), SIGTERM, false, "interrupted", 143, "SIGTERM"},
      {"by launch stop", interrupted(), 0, true, "interrupted", 143, "launch stop"},
      {"by Ctrl-C before launch stop was heard", interrupted(), SIGINT, true, "interrupted", 130, "SIGINT"},
      {"well, whoever asked then", {}, SIGINT, true, "succeeded", 0, ""},
  };
  for (const auto& ending : endings) {
    const auto end = end_of(ending.outcome, ending.signal, ending.stop_requested);
    EXPECT_EQ(end.result, ending.result) << ending.what;
    EXPECT_EQ(end.code, ending.code) << ending.what;
    EXPECT_EQ(end.stopped_by, ending.stopped_by) << ending.what;
  }
}

TEST(RunFolders, AreHeldAsLongAsTheLockLives) {
  const test::Scratch scratch;
  RealDisk disk;
  const RunFolder folder(scratch.path(), "demo-1");
  EXPECT_FALSE(folder.is_held());
  ASSERT_TRUE(folder.make(disk));
  {
    const auto lock = folder.hold(disk);
    ASSERT_TRUE(lock) << lock.error().text();
    EXPECT_TRUE(folder.is_held());
  }
  EXPECT_FALSE(folder.is_held());
  EXPECT_FALSE(folder.stop_requested());
  ASSERT_TRUE(folder.request_stop(disk));
  EXPECT_TRUE(folder.stop_requested());
}

TEST(Runs, KeepTheirLockAndHaveAGuardThatKnowsTheFolder) {
  const test::Scratch scratch;
  fakes::FakeRunner runner;
  fakes::FakeWork fake;
  SystemClock clock;  // the run looks for a stop request again and again
  const Work work{fake.disk, clock, fake.reporter};
  const RunFolder folder(scratch.path(), "demo-1");
  const auto place = open_place({"local", "podman", "podman"}, runner, work);
  ASSERT_TRUE(place) << place.error().text();
  bool held = false;
  runner.before = [&](const ProcessSpec&) { held = held || folder.is_held(); };
  const auto plan = plan_of_two_nodes();
  const auto report = carry_out(plan, **place, folder, {runner, work, "/bin/launch", {}}, {});
  ASSERT_TRUE(report) << report.error().text();
  ASSERT_TRUE(report->end.error);  // this podman knows nothing
  EXPECT_EQ(report->end.error->message(), "podman was not found");
  EXPECT_TRUE(held);
  EXPECT_FALSE(folder.is_held());
  EXPECT_EQ(runner.asked().front(), "guard: /bin/launch guard " + folder.path().string());
  const auto summary = read_run_record(*read_file(folder.record()));
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_EQ(summary->result, "failed");
  EXPECT_EQ(summary->cause, "podman was not found");
  EXPECT_EQ(summary->code, std::nullopt);
}

TEST(Runs, ThatCannotCompleteTheirRecordStillReportTheirEnd) {
  const test::Scratch scratch;
  fakes::FakeRunner runner;
  fakes::FakeWork fake;
  SystemClock clock;
  const Work work{fake.disk, clock, fake.reporter};
  const RunFolder folder(scratch.path(), "demo-1");
  const auto place = open_place({"local", "podman", "podman"}, runner, work);
  ASSERT_TRUE(place) << place.error().text();
  fake.disk.set({.call = "write", .path = "run.json", .error = ENOSPC, .nth = 2});
  const auto plan = plan_of_two_nodes();
  const auto report = carry_out(plan, **place, folder, {runner, work, "/bin/launch", {}}, {});
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->end.result, "failed");
  EXPECT_THAT(fake.reporter.warnings,
              testing::ElementsAre("cannot write " + folder.record().string() +
                                   ": No space left on device; `launch runs` will show this run as lost"));
}

TEST(RunRecord, AProgramWhosePathIsNotTextIsFoundAgain) {
  const auto plan = plan_of_two_nodes();
  const auto text = write_run_record({.plan = plan,
                                      .started = "s",
                                      .time = 1,
                                      .pid = 1,
                                      .handle = {"local", "podman", "/opt/\xff/podman"},
                                      .description = {},
                                      .commands = {},
                                      .end = {}});
  const auto summary = read_run_record(text);
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_EQ(summary->handle.program, "/opt/\xff/podman");
}

}  // namespace
}  // namespace launch::train
