#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "scenarios/train_scenario.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A podman whose check of one rank prints what the test wants.
class PreflightScenario : public TrainScenario {
 protected:
  /// Lines of rank 0 as rank.py writes them.
  void write_check(const std::vector<std::string>& lines) const {
    std::string text = "@launch 0 s {\"pid\": 1, \"time\": 1.0}\n";
    for (const auto& line : lines) text += "@launch 0 o @preflight " + line + "\n";
    scenario_.write("engine/preflight",
                    text + "@launch 0 x {\"code\": 0, \"signal\": 0, \"started\": 1.0, \"time\": 2.0}\n");
  }
  Outcome train_with(const std::string& option) { return train("talks", {"train", "demo", option}); }
  std::string asked() const { return scenario_.read("engine/asked"); }

  const std::string kHello = R"({"hello": "n0"})";
  const std::string kAlone = R"({"round": 0, "kind": "alone", "groups": [[0]], "limit": 20})";
  const std::string kOver = R"({"over": true, "silent": []})";
  const std::string begun_ =
      notes() + "run demo-[RUN]: 1 node of 1 rank, podman 4.3.1 with gloo, image digest sha256:" +
      std::string(64, 'd') + "\npreflight: checking 1 rank on 1 node\n";
  const std::string kWorks = R"({"part": 0, "ok": true, "step": 2, "seconds": 0.1})";
};

TEST_F(PreflightScenario, TheTrainingFollowsOneThatWorks) {
  write_check({kHello, kAlone, kWorks, kOver});
  const auto outcome = train_with("--preflight");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "[0] step 1\n");
  EXPECT_EQ(outcome.err, begun_ +
                             "preflight: 1 rank works alone, in [TIME]\n"
                             "done in [TIME]: 1 node, world size 1\n"
                             "record: [ROOT]/state/runs/demo-[RUN]/run.json\n"
                             "logs:   [ROOT]/state/runs/demo-[RUN]/logs\n");
  const auto commands = asked();
  const auto check = commands.find(R"("/run/launch/rank.py", "/run/launch/preflight.py", "gloo"])");
  const auto training = commands.find(R"("/run/launch/rank.py", "train.py"])");
  ASSERT_NE(check, std::string::npos) << commands;
  ASSERT_NE(training, std::string::npos) << commands;
  EXPECT_LT(check, commands.find(R"(["network", "rm")"));
  EXPECT_LT(commands.find(R"(["network", "rm")"), training);
}

TEST_F(PreflightScenario, NoTrainingFollowsOneThatFails) {
  write_check(
      {kHello, kAlone,
       R"({"part": 0, "ok": false, "why": "error", "step": 2, "at": "multiplying matrices", )"
       R"("error": {"type": "RuntimeError", "mro": [], "message": "a product of matrices is wrong"}})",
       kOver});
  const auto outcome = train_with("--preflight");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            begun_ +
                "record: [ROOT]/state/runs/demo-[RUN]/run.json\n"
                "error: preflight failed: rank 0 on node 0 fails alone: a product of matrices is wrong\n"
                "\n"
                "hint: read what each rank found: [ROOT]/state/runs/demo-[RUN]/logs/preflight/all.log\n");
  EXPECT_THAT(asked(), Not(HasSubstr(R"("train.py")")));
  EXPECT_THAT(end_of_record(), HasSubstr(R"("result": "failed")"));
  std::string record;
  std::string log;
  for (const auto& [name, text] : scenario_.files("state/runs")) {
    if (name.ends_with("run.json")) record = text;
    if (name.ends_with("logs/preflight/all.log")) log = text;
  }
  EXPECT_THAT(record, HasSubstr(R"("blame": "device")"));
  EXPECT_THAT(log, HasSubstr(R"([0.0] @preflight {"hello")"));
  const auto json = train("talks", {"train", "demo", "--preflight", "--json"});
  EXPECT_EQ(json.code, 3);
  EXPECT_THAT(json.out,
              HasSubstr(R"("message": "rank 0 on node 0 fails alone: a product of matrices is wrong")"));
}

TEST_F(PreflightScenario, OneWhoseRankFailsSaysWhy) {
  scenario_.write("engine/preflight",
                  "@launch 0 s {\"pid\": 1, \"time\": 1.0}\n"
                  "@launch 0 f {\"type\": \"ModuleNotFoundError\", \"message\": \"No module named 'torch'\", "
                  "\"time\": 1.5, \"hook\": true}\n"
                  "@launch 0 x {\"code\": 1, \"signal\": 0, \"started\": 1.0, \"time\": 2.0}\n");
  const auto outcome = train_with("--preflight");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err,
              HasSubstr("error: preflight failed: rank 0 on node 0 raised ModuleNotFoundError: No module "
                        "named 'torch'\n"));
}

TEST_F(PreflightScenario, AnEngineThatCannotStartANodeIsNamed) {
  const auto outcome = train("no-space", {"train", "demo", "--preflight"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err, begun_ +
                             "record: [ROOT]/state/runs/demo-[RUN]/run.json\n"
                             "error: podman could not start the container launch-demo-[RUN]-n0: mounting "
                             "storage: no space left on device\n");
}

TEST_F(PreflightScenario, AnInterruptEndsItAndThereIsNoTraining) {
  scenario_.write("engine/fault", "hangs");
  const auto done = scenario_.run({"bash", "-c", R"(set -m; "$1" train demo --preflight 2>err & launch=$!
until [[ -s $(echo state/runs/*/logs/preflight/all.log) ]]; do kill -0 $launch || exit 99; sleep 0.05; done
kill -INT $launch; wait $launch; code=$?
ls engine/running
exit $code)",
                                   "bash", LAUNCH_PROGRAM});
  EXPECT_EQ(done.code, 130) << done.err << scenario_.read("err");
  EXPECT_EQ(done.out, "") << "containers that are left";
  EXPECT_THAT(scenario_.read("err"), HasSubstr("interrupted by SIGINT after "));
  EXPECT_THAT(asked(), Not(HasSubstr(R"("train.py")")));
  EXPECT_THAT(end_of_record(), HasSubstr(R"("result": "interrupted")"));
}

TEST_F(PreflightScenario, ThereIsNoneOnThisMachineUnlessItIsAskedFor) {
  write_check({kHello, kAlone, kWorks, kOver});
  for (const auto& options :
       {std::vector<std::string>{"train", "demo"}, {"train", "demo", "--no-preflight"}}) {
    EXPECT_EQ(train("", options).code, 0);
    EXPECT_THAT(asked(), Not(HasSubstr("preflight")));
  }
  const auto both = train("", {"train", "demo", "--preflight", "--no-preflight"});
  EXPECT_EQ(both.code, 2);
  EXPECT_EQ(both.err,
            "error: --preflight cannot be combined with --no-preflight\n\nhint: run `launch train --help` to "
            "list the options\n");
  const auto dry = train("", {"train", "demo", "--preflight", "--dry-run"});
  EXPECT_EQ(dry.code, 0);
  EXPECT_EQ(
      dry.err,
      notes() + "the commands run the training without its preflight, whose results only launch reads\n");
  EXPECT_THAT(dry.out, Not(HasSubstr("preflight")));
}

}  // namespace
}  // namespace launch::scenarios
