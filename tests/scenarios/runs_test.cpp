#include <chrono>
#include <csignal>
#include <future>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "scenarios/train_scenario.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Past and current runs, and a podman whose containers run until they are removed.
class RunsScenario : public TrainScenario {
 protected:
  RunsScenario() { scenario_.write("engine/fault", "hangs"); }

  /// The record of a run on two nodes of two ranks; `end` is JSON.
  void write_run(const std::string& run, int time, const std::string& end) const {
    scenario_.write(
        "state/runs/" + run + "/run.json",
        fmt::format(R"({{"schema": 1, "run": "{}", "recipe": "demo", "started": "2026-11-24T05:12:{:02}Z",
 "time": {}, "place": {{"name": "local", "engine": "podman", "program": "podman"}},
 "ranks_per_node": 2, "nodes": [{{}}, {{}}], "end": {}}})",
                    run, time, time, end));
  }
  void write_three_runs() const {
    write_run("demo-1", 1, R"({"result": "succeeded", "code": 0, "seconds": 3661.2, "cause": null})");
    write_run("demo-2", 2,
              R"({"result": "failed", "code": 7, "seconds": 2.5,
                  "cause": {"kind": "exit", "sentence": "rank 3 on node 1 exited with code 7"}})");
    write_run("other-3", 3, "null");
    scenario_.write("state/runs/other-3/node/control", "");
  }

  Outcome launch(const std::vector<std::string>& arguments) const { return scenario_.launch(arguments); }

  /// `launch train` on its own thread, after its rank has printed hello.
  std::future<Outcome> start_run() const {
    auto run = std::async(std::launch::async, [this] { return scenario_.launch({"train", "demo"}); });
    wait_until([this] { return lines(log()).size() == 2; });
    return run;
  }
  std::string file_of_run(const std::string& name) const {
    for (const auto& [path, text] : scenario_.files("state/runs")) {
      if (path.ends_with(name)) return text;
    }
    return {};
  }
  std::string log() const { return file_of_run("all.log"); }
  nlohmann::json record() const { return nlohmann::json::parse(file_of_run("run.json"), nullptr, false); }

  static void wait_until(const std::function<bool()>& reached) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!reached()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
};

TEST_F(RunsScenario, NoRuns) {
  const auto text = launch({"runs"});
  EXPECT_EQ(text.code, 0);
  EXPECT_EQ(text.out, "");
  EXPECT_EQ(text.err, "no runs in [ROOT]/state\n");
  const auto json = launch({"--json", "runs"});
  EXPECT_EQ(json.code, 0);
  EXPECT_EQ(json.out, "{\n  \"schema\": 1,\n  \"runs\": []\n}\n");
  const auto last = launch({"logs", "last"});
  EXPECT_EQ(last.code, 2);
  EXPECT_EQ(last.err, "error: no runs yet\n");
}

TEST_F(RunsScenario, AreListedNewestFirst) {
  write_three_runs();
  scenario_.write("state/runs/broken/run.json", "garbage");
  const auto text = launch({"runs"});
  EXPECT_EQ(text.code, 0);
  EXPECT_EQ(text.out,
            "RUN      RECIPE  STATE      STARTED               DURATION    CODE  CAUSE\n"
            "other-3  demo    lost       2026-11-24T05:12:03Z  -           -     -\n"
            "demo-2   demo    failed     2026-11-24T05:12:02Z  [TIME]       7     rank 3 on node 1 exited "
            "with code 7\n"
            "demo-1   demo    succeeded  2026-11-24T05:12:01Z  61 min [TIME]  0     -\n");
  EXPECT_EQ(text.err, "warning: reading [ROOT]/state/runs/broken/run.json: not a run record\n");
  std::filesystem::remove_all(scenario_.place("state/runs/demo-1"));
  const auto json = launch({"--json", "runs"});
  EXPECT_EQ(json.code, 0);
  EXPECT_EQ(json.out, R"({
  "schema": 1,
  "runs": [
    {
      "run": "other-3",
      "recipe": "demo",
      "state": "lost",
      "started": "2026-11-24T05:12:03Z",
      "environment": "image",
      "seconds": null,
      "code": null,
      "cause": null,
      "record": "[ROOT]/state/runs/other-3/run.json"
    },
    {
      "run": "demo-2",
      "recipe": "demo",
      "state": "failed",
      "started": "2026-11-24T05:12:02Z",
      "environment": "image",
      "seconds": 2.5,
      "code": 7,
      "cause": {
        "kind": "exit",
        "message": "rank 3 on node 1 exited with code 7"
      },
      "record": "[ROOT]/state/runs/demo-2/run.json"
    }
  ]
}
)");
}

TEST_F(RunsScenario, IdsThatNameNoRun) {
  write_three_runs();
  for (const std::string command : {"logs", "stop"}) {
    const auto near = launch({command, "deno-1"});
    EXPECT_EQ(near.code, 2);
    EXPECT_EQ(near.err, "error: run not found: \"deno-1\"\n\nhint: did you mean demo-1?\n");
    const auto far = launch({command, "x"});
    EXPECT_EQ(far.code, 2);
    EXPECT_EQ(far.err, "error: run not found: \"x\"\n\nhint: run `launch runs` to list them\n");
    const auto several = launch({"--json", command, "demo"});
    EXPECT_EQ(several.code, 2);
    EXPECT_EQ(several.out, "");
    EXPECT_EQ(several.err,
              "error: \"demo\" matches 2 runs: demo-2 and demo-1\n\n"
              "hint: write more of the ID; \"last\" is the newest run\n");
  }
}

TEST_F(RunsScenario, LogsOfARunThatEnded) {
  write_three_runs();
  scenario_.write("state/runs/demo-2/logs/all.log", "[0.0] one\n[1.3] a bell \a\nno end");
  scenario_.write("state/runs/demo-2/logs/node1.rank3.log", "a bell \a\n");
  const auto all = launch({"logs", "demo-2", "--follow"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(all.out, "[0.0] one\n[1.3] a bell \\x07\nno end\n");
  for (const std::string rank : {"3", "1.3"}) {
    const auto one = launch({"logs", "demo-2", "--rank", rank});
    EXPECT_EQ(one.code, 0) << one.err;
    EXPECT_EQ(one.out, "a bell \\x07\n");
  }
  EXPECT_EQ(launch({"logs", "demo-2", "--rank", "0"}).out, "");  // it said nothing
  const auto json = launch({"--json", "logs", "demo-2", "--rank", "3"});
  EXPECT_EQ(json.out, R"({
  "schema": 1,
  "run": "demo-2",
  "state": "failed",
  "file": "[ROOT]/state/runs/demo-2/logs/node1.rank3.log",
  "lines": [
    "a bell \u0007"
  ]
}
)");
}

TEST_F(RunsScenario, RanksThatARunDoesNotHave) {
  write_three_runs();
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"4", "error: the run demo-1 has ranks 0 to 3, not 4\n"},
      {"0.3", "error: rank 3 of the run demo-1 is on node 1, not on node 0\n"},
      {"x", "error: \"x\" is not a rank: expected a rank such as 3, or 1.3 with its node\n"},
      {"1.", "error: \"1.\" is not a rank: expected a rank such as 3, or 1.3 with its node\n"},
  };
  for (const auto& [rank, error] : wrong) {
    const auto outcome = launch({"logs", "demo-1", "--rank", rank});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.err, error);
  }
}

TEST_F(RunsScenario, ARunIsFollowedAndStoppedFromElsewhere) {
  auto run = start_run();
  EXPECT_THAT(launch({"runs"}).out, HasSubstr("demo-[RUN]  demo    running  "));
  auto follower = std::async(std::launch::async, [this] { return launch({"logs", "last", "--follow"}); });
  const auto stopped = launch({"stop", "last"});
  EXPECT_EQ(stopped.code, 0);
  EXPECT_EQ(stopped.out, "");
  EXPECT_EQ(stopped.err, "stopped demo-[RUN]\n");

  const auto outcome = run.get();
  EXPECT_EQ(outcome.code, 143);
  EXPECT_EQ(outcome.out, "[0.0] hello\n[0.0] good-bye\n");
  EXPECT_THAT(
      outcome.err,
      HasSubstr("[0.0] working\n"
                "stopping: the ranks have [TIME] to save and end; interrupt again to end them at once\n"
                "interrupted by launch stop after [TIME]: all nodes stopped in [TIME], "
                "nothing is left\n"
                "SIGTERM ended 1 rank at once: no handler for it was set (yet)\n"
                "record: [ROOT]/state/runs/demo-[RUN]/run.json\n"));
  const auto followed = follower.get();
  EXPECT_EQ(followed.code, 0) << followed.err;
  EXPECT_EQ(followed.out, "[0.0] hello\n[0.0] working\n[0.0] good-bye\n");
  EXPECT_EQ(record()["end"]["result"], "interrupted");
  EXPECT_EQ(record()["end"]["cause"]["kind"], "stopped");
  EXPECT_TRUE(scenario_.files("engine/running").empty());

  const auto again = launch({"stop", "last"});
  EXPECT_EQ(again.code, 0);
  EXPECT_EQ(again.err, "demo-[RUN] has already ended: interrupted\n");
  EXPECT_EQ(launch({"--json", "stop", "last"}).out,
            "{\n  \"schema\": 1,\n  \"run\": \"demo-[RUN]\",\n  \"found\": \"interrupted\",\n  \"state\": "
            "\"interrupted\"\n}\n");
}

TEST_F(RunsScenario, ARunWhoseLauncherIsKilledIsLost) {
  auto run = start_run();
  ASSERT_EQ(::kill(record()["pid"].get<int>(), SIGKILL), 0);
  EXPECT_EQ(run.get().code, 137);
  EXPECT_THAT(launch({"runs"}).out, HasSubstr("  lost   "));  // at once, whatever its guard still does
  wait_until([this] { return record()["end"].is_object(); });
  EXPECT_EQ(record()["end"]["result"], "lost");
  EXPECT_TRUE(scenario_.files("engine/running").empty());
}

TEST_F(RunsScenario, StopRemovesWhatALostRunLeft) {
  write_three_runs();
  scenario_.write("engine/running/launch-other-3-n0", "");
  const auto text = launch({"stop", "other"});
  EXPECT_EQ(text.code, 0);
  EXPECT_EQ(text.out, "");
  EXPECT_EQ(text.err, "the launch of other-3 was killed: removed what was left of it\n");
  EXPECT_TRUE(scenario_.files("engine/running").empty());
  EXPECT_THAT(scenario_.read("engine/asked"), HasSubstr("label=launch.run=other-3"));
  EXPECT_THAT(scenario_.read("engine/asked"), HasSubstr("[\"network\", \"rm\", \"launch-other-3\"]"));
  EXPECT_EQ(
      launch({"--json", "stop", "other"}).out,
      "{\n  \"schema\": 1,\n  \"run\": \"other-3\",\n  \"found\": \"lost\",\n  \"state\": \"lost\"\n}\n");
}

TEST_F(RunsScenario, ARunTellsItsStory) {
  scenario_.write("state/runs/demo-9/run.json", R"({"schema": 1, "run": "demo-9", "recipe": "demo",
 "started": "2026-11-24T05:12:00Z", "time": 100.0, "engine": "podman 4.3.1", "backend": "gloo",
 "place": {"name": "local", "engine": "podman", "program": "podman"}, "lock": "sha256:aa",
 "image": {"name": "localhost/launch/demo:latest", "id": "sha256:bb"}, "verified": null,
 "preflight": {"works": true, "message": "an all-reduce over 2 ranks works: gloo over TCP"},
 "ranks_per_node": 1, "command": ["train.py"], "arguments": ["--steps", "5"],
 "env": [{"name": "OMP_NUM_THREADS", "value": "4", "reason": "8 CPUs shared by 2 ranks"}],
 "nodes": [{"node": 0, "container": "n0", "gpus": []}, {"node": 1, "container": "n1", "gpus": ["2", "3"]}],
 "end": {"result": "failed", "code": 7, "time": "2026-11-24T05:13:00Z", "seconds": 45.0,
  "cause": {"node": 1, "rank": 1, "kind": "exception", "sentence": "rank 1 on node 1 raised ValueError: <no>"},
  "killed": [2, 3], "ranks": [
   {"node": 0, "rank": 0, "code": 0, "signal": 15, "started": 100.5, "time": 160.0, "asked_to_end": true,
    "killed": false, "kind": "stopped", "message": ""},
   {"node": 1, "rank": 1, "code": 1, "signal": 0, "started": 100.6, "time": 159.0, "asked_to_end": false,
    "killed": false, "kind": "exception", "message": "ValueError: <no>"}],
  "frames": [{"node": 0, "rank": 0, "at": "train.py:31 in <lambda>"}, {"node": 1, "rank": 2, "at": "x.py:1 in f"}]}})");
  const auto told = launch({"runs", "show", "last", "--html", "run.html"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(told.err, "wrote run.html\n");
  EXPECT_EQ(told.out,
            "run       demo-9, of the recipe demo\n"
            "state     failed with code 7 after [TIME]\n"
            "time      2026-11-24T05:12:00Z to 2026-11-24T05:13:00Z\n"
            "cause     rank 1 on node 1 raised ValueError: <no>\n"
            "killed    rank 2 (at x.py:1 in f) and rank 3\n"
            "nodes     2 nodes of 1 rank, podman 4.3.1 with gloo\n"
            "          node 1: GPUs 2,3\n"
            "files     image ID sha256:bb\n"
            "lock      sha256:aa, not verified\n"
            "preflight an all-reduce over 2 ranks works: gloo over TCP\n"
            "command   train.py --steps 5\n"
            "logs      [ROOT]/state/runs/demo-9/logs\n"
            "\n"
            "RANK  STARTED  ENDED    HOW\n"
            "1.1   +[TIME]   +[TIME]  exception: ValueError: <no>\n"
            "0.0   +[TIME]   +[TIME]  killed by SIGTERM, after it was asked to end; it was at train.py:31 in "
            "<lambda>\n"
            "\n"
            "VARIABLE           REASON\n"
            "OMP_NUM_THREADS=4  8 CPUs shared by 2 ranks\n");
  const auto page = scenario_.read("run.html");
  EXPECT_THAT(page, HasSubstr("<g class=\"cause\"><title>exception: ValueError: &lt;no&gt;</title>"));
  EXPECT_THAT(page,
              HasSubstr("<g class=\"stopped\"><title>killed by SIGTERM, after it was asked to end; it was at "
                        "train.py:31 in &lt;lambda&gt;</title>"));
  EXPECT_THAT(page, Not(HasSubstr("<no>")));
  EXPECT_EQ(launch({"--json", "runs", "show", "demo-9"}).out, scenario_.read("state/runs/demo-9/run.json"));
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"runs", "last"}, {"runs", "show"}, {"runs", "--html", "x"}}) {
    const auto wrong = launch(words);
    EXPECT_EQ(wrong.code, 2);
    EXPECT_EQ(wrong.err,
              "error: expected `launch runs`, or `launch runs show RUN` with a run's ID, a prefix of one, or "
              "\"last\"\n");
  }
}

TEST_F(RunsScenario, AnAttemptThatFailedIsPartOfTheStory) {
  write_run(
      "demo-1", 1,
      R"({"result": "succeeded", "code": 0, "seconds": 3, "ranks": [{"node": 0, "rank": 0, "started": 8, "time": 9}]},
 "attempts": [{"time": 1, "end": {"result": "failed", "code": 7, "seconds": 2.5, "cause": {"rank": 1, "sentence":
 "rank 1 on node 0 exited with <7>"}, "ranks": [{"node": 0, "rank": 1, "started": 2, "time": 3, "code": 7, "kind": "exit",
 "message": "no"}]}}])");
  const auto told = launch({"runs", "show", "last", "--html", "run.html"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out,
              HasSubstr("time      2026-11-24T05:12:01Z\n"
                        "attempt 1 failed with code 7 after [TIME]: rank 1 on node 0 exited with <7>\n"));
  const auto page = scenario_.read("run.html");
  EXPECT_THAT(page,
              HasSubstr("Attempt 1: failed with code 7 after 2.5 s: rank 1 on node 0 exited with &lt;7&gt;"));
  EXPECT_THAT(page, HasSubstr("<g class=\"cause\"><title>exit: no</title>"));
  EXPECT_THAT(page, HasSubstr("<p>Attempt 2:</p>"));
}

TEST_F(RunsScenario, TheDoctorNamesWhatALostRunLeftAndRemovesIt) {
  write_three_runs();
  scenario_.write("engine/running/launch-other-3-n0", "");
  const auto named = launch({"doctor"});
  EXPECT_EQ(named.code, 1);
  EXPECT_THAT(named.out, HasSubstr("left over     other-3: its launch was killed, and nothing has cleaned up "
                                   "yet  [[ROOT]/state/runs/other-3]\n"
                                   "              fix: launch stop other-3\n"
                                   "              fix: launch doctor --clean\n"));
  EXPECT_EQ(scenario_.files("engine/running").size(), 1U);
  const auto cleaned = launch({"doctor", "--clean"});
  EXPECT_EQ(cleaned.code, 0);
  EXPECT_THAT(
      cleaned.out,
      HasSubstr(
          "left over     other-3: its launch was killed, and nothing has cleaned up yet; what it left was "
          "removed  [[ROOT]/state/runs/other-3]\n"));
  EXPECT_TRUE(scenario_.files("engine/running").empty());
  EXPECT_THAT(launch({"doctor"}).out, Not(HasSubstr("left over")));
}

TEST_F(RunsScenario, TheDoctorNamesWhatIsLeftOfRunsWithoutAnOpenRecord) {
  write_three_runs();
  std::filesystem::remove_all(scenario_.place("state/runs/other-3"));
  scenario_.write("engine/networks/launch-gone-1", "");
  scenario_.write("engine/running/launch-demo-1-n0", "");
  const std::string text = ": containers or a network of a run that nobody looks after";
  const auto named = launch({"doctor"});
  EXPECT_EQ(named.code, 1);
  EXPECT_THAT(named.out, HasSubstr("left over     demo-1" + text + "  [podman]\n" +
                                   "              fix: launch doctor --clean\n" +  //
                                   "left over     gone-1" + text + "  [podman]\n" +
                                   "              fix: launch doctor --clean\n"));
  EXPECT_TRUE(scenario_.exists("engine/networks/launch-gone-1"));
  const auto cleaned = launch({"doctor", "--clean"});
  EXPECT_EQ(cleaned.code, 0);
  EXPECT_THAT(cleaned.out, HasSubstr("left over     demo-1" + text + "; removed  [podman]\n" +
                                     "left over     gone-1" + text + "; removed  [podman]\n"));
  EXPECT_FALSE(scenario_.exists("engine/networks/launch-gone-1"));
  EXPECT_TRUE(scenario_.files("engine/running").empty());
}

TEST_F(RunsScenario, TheDoctorLeavesRunsThatLive) {
  auto run = start_run();
  EXPECT_THAT(launch({"doctor", "--clean"}).out, Not(HasSubstr("left over")));
  // The same from another state folder: podman's client of the run is found.
  scenario_.set("LAUNCH_STATE", scenario_.place("other").string());
  EXPECT_THAT(launch({"doctor", "--clean"}).out, Not(HasSubstr("left over")));
  scenario_.set("LAUNCH_STATE", scenario_.place("state").string());
  EXPECT_EQ(launch({"stop", "last"}).code, 0);
  EXPECT_EQ(run.get().code, 143);
}

TEST_F(RunsScenario, ARunWhoseEndCouldNotBeRecordedLeftNothing) {
  write_three_runs();
  std::filesystem::remove_all(scenario_.place("state/runs/other-3/node"));
  const auto named = launch({"doctor"});
  EXPECT_EQ(named.code, 0);
  EXPECT_THAT(named.out,
              HasSubstr("left over     other-3: its end was not recorded, and nothing of it is left  "
                        "[[ROOT]/state/runs/other-3]\n"
                        "              fix: launch stop other-3\n"
                        "              fix: launch doctor --clean\n"));
  EXPECT_THAT(
      launch({"doctor", "--clean"}).out,
      HasSubstr("other-3: its end was not recorded, and nothing of it is left; its record was closed  "));
  EXPECT_THAT(launch({"doctor"}).out, Not(HasSubstr("left over")));
  EXPECT_EQ(launch({"stop", "other-3"}).err,
            "other-3 has already ended, and its end was not recorded: nothing was left of it\n");
}

TEST_F(RunsScenario, AReaderThatStallsStopsNeitherTheTrainingNorItsEnd) {
  scenario_.write("engine/fault", "floods");
  // The pipe is open, and nobody reads it. The files get all lines; then Ctrl-C ends the run.
  const auto done = scenario_.run({"bash", "-c", R"(set -m; mkfifo pipe; exec 3<>pipe
"$1" train demo >pipe 2>err & launch=$!
until [[ $(cat state/runs/*/logs/all.log 2>/dev/null | wc -l) -ge 300002 ]]; do
  kill -0 $launch || exit 99; sleep 0.05
done
kill -INT $launch; wait $launch; code=$?
ls engine/running
exit $code)",
                                   "bash", LAUNCH_PROGRAM});
  EXPECT_EQ(done.code, 130) << done.err << scenario_.read("err");
  EXPECT_EQ(done.out, "") << "containers that are left";
  EXPECT_EQ(record()["end"]["result"], "interrupted");
  EXPECT_TRUE(log().ends_with("[0.0] a line\n[0.0] good-bye\n"));
  EXPECT_THAT(scenario_.read("err"), HasSubstr("\nstopping: the ranks have 30 s to save and end; "));
  EXPECT_THAT(scenario_.read("err"), HasSubstr("\ninterrupted by SIGINT after "));
}

TEST_F(RunsScenario, AFailureIsToldWhileTheReaderOfStdoutStalls) {
  scenario_.write("engine/fault", "floods-and-fails");
  // stdout is read only once the run has said why it failed.
  const auto done = scenario_.run({"bash", "-c", R"(mkfifo pipe; exec 3<>pipe
"$1" train demo >pipe 2>err 3<&- & launch=$!
until grep -q '^record: ' err; do kill -0 $launch || exit 99; sleep 0.05; done
exec 4<pipe 3<&-; wc -l <&4; wait $launch)",
                                   "bash", LAUNCH_PROGRAM});
  EXPECT_EQ(done.code, 7) << scenario_.read("err");
  EXPECT_GT(parse_u64(trim(done.out)).value_or(0), 100'000U) << "what fits is still there";
  EXPECT_THAT(scenario_.read("err"), HasSubstr("\nerror: rank 0 on node 0 exited with code 7\n"));
}

TEST_F(RunsScenario, WhatStdoutDoesNotTakeIsNoReasonToHideTheRanksCode) {
  scenario_.write("engine/fault", "fails");
  const auto done = scenario_.run({"bash", "-c", R"("$1" train demo >/dev/full)", "bash", LAUNCH_PROGRAM});
  EXPECT_EQ(done.code, 7);
  EXPECT_THAT(done.err, HasSubstr("\nerror: rank 0 on node 0 exited with code 7\n"));
  EXPECT_THAT(done.err, HasSubstr("\nerror: cannot write to standard output: No space left on device\n"));
}

TEST_F(RunsScenario, SignalsThatTheParentIgnoresStayIgnored) {
  auto run = std::async(std::launch::async, [this] {
    return scenario_.run({"bash", "-c", R"(trap '' HUP INT; exec "$1" train demo)", "bash", LAUNCH_PROGRAM});
  });
  wait_until([this] { return lines(log()).size() == 2; });
  const auto pid = record()["pid"].get<int>();
  for (const int signal : {SIGHUP, SIGINT}) ASSERT_EQ(::kill(pid, signal), 0);
  EXPECT_EQ(launch({"stop", "last"}).code, 0);
  EXPECT_EQ(run.get().code, 143);
  EXPECT_EQ(record()["end"]["cause"]["sentence"], "stopped by launch stop");
}

}  // namespace
}  // namespace launch::scenarios
