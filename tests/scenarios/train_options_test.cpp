#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "scenarios/train_scenario.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;
using testing::Not;

class TrainOptions : public TrainScenario {
 protected:
  TrainOptions() {
    scenario_.set("HF_TOKEN", "hf_1234");
    scenario_.write("data/file", "x");
    scenario_.write("token", "s3cret\n");
  }
  std::string record() const {
    for (const auto& [name, text] : scenario_.files("state/runs")) {
      if (name.ends_with("run.json")) return text;
    }
    return {};
  }
};

TEST_F(TrainOptions, AreInTheCommandsOfADryRun) {
  write_project(
      "command = [\"train.py\"]\nnodes = 1\ngpus = 0\nranks-per-node = 2\nworkdir = \"/recipe\"\n"
      "secrets = { WANDB = \"token\" }\nmounts = [{ from = \"elsewhere\", to = \"/data\" }]\n"
      "[train.env]\nA = \"recipe\"\nB = \"recipe\"\n");
  const auto outcome = train("", {"train",
                                  "demo",
                                  "--dry-run",
                                  "--env",
                                  "HF_TOKEN",
                                  "--env",
                                  "A=a b",
                                  "--env",
                                  "image",
                                  "--env",
                                  "API_KEY=k",
                                  "--mount",
                                  "data:/data:ro",
                                  "--secret",
                                  "S=token",
                                  "--workdir",
                                  "/data",
                                  "--ranks-per-node",
                                  "4",
                                  "--",
                                  "--steps",
                                  "5"});
  EXPECT_EQ(outcome.code, 0);
  const std::string cpu =
      scenario_.exists("/dev/nvidia0") ? "no GPUs requested" : "this machine has no NVIDIA GPU";
  EXPECT_EQ(outcome.err,
            "the value of API_KEY is not recorded, since the name suggests a secret\n"
            "--mount puts [ROOT]/data at /data instead of the recipe's [ROOT]/elsewhere\n" +
                cpu + ": 4 ranks per node, on the CPU with gloo\nnot verified: run `launch verify demo`\n");
  auto script = lines(outcome.out);
  EXPECT_THAT(script,
              testing::IsSupersetOf({"# A=a b: --env",
                                     "# API_KEY: --env; not recorded, since its name suggests a secret",
                                     "# HF_TOKEN: taken from the environment"}));
  std::erase_if(script, [](auto line) { return line.starts_with("# "); });
  ASSERT_EQ(script.size(), 10U) << outcome.out;
  EXPECT_EQ(script[0], ": \"${API_KEY?set API_KEY: its value is not printed here}\"");
  EXPECT_EQ(script[1], ": \"${HF_TOKEN?set HF_TOKEN: its value is not printed here}\"");
  EXPECT_THAT(
      std::string(script[6]),
      HasSubstr(
          " --workdir /data --mount type=bind,source=[ROOT]/state/dry-run/node,target=/run/launch,readonly"
          " --mount type=bind,source=[ROOT]/data,target=/data,readonly"
          " --mount type=bind,source=[ROOT]/token,target=/run/secrets/S,readonly"
          " --mount type=bind,source=[ROOT]/token,target=/run/secrets/WANDB,readonly"
          " --env 'A=a b' --env B=recipe --env GLOO_SOCKET_IFNAME=eth0 --env 'LAUNCH_SECRETS=S WANDB' "));
  EXPECT_THAT(std::string(script[6]), HasSubstr(" --env API_KEY --env HF_TOKEN --entrypoint '' "));
  EXPECT_THAT(std::string(script[6]), HasSubstr(" --nproc-per-node 4 "));
  EXPECT_THAT(outcome.out, Not(HasSubstr("hf_1234")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("API_KEY=k")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("s3cret")));
}

TEST_F(TrainOptions, AreRecordedWithoutSecrets) {
  const auto outcome = train("", {"train", "demo", "--env", "HF_TOKEN", "--env", "API_KEY=k3y", "--secret",
                                  "S=token", "--workdir", "/data", "--mount", "data:/data"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto text = record();
  for (const auto* part :
       {"\"name\": \"HF_TOKEN\",\n      \"value\": null,\n      \"reason\": \"taken from the environment\"",
        "\"name\": \"API_KEY\",\n      \"value\": null,\n      \"reason\": \"--env; not recorded, since its "
        "name suggests a secret\"",
        "\"secrets\": [\n    {\n      \"name\": \"S\",\n      \"file\": \"[ROOT]/token\"\n    }\n  ]",
        "\"workdir\": \"/data\""}) {
    EXPECT_THAT(replace_all(text, scenario_.root().string(), "[ROOT]"), HasSubstr(part));
  }
  for (const auto* secret : {"hf_1234", "k3y", "s3cret"}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
    EXPECT_THAT(scenario_.read("engine/asked"), Not(HasSubstr(secret)));
  }
  const auto story = scenario_.launch({"runs", "show", "last"});
  EXPECT_THAT(story.out, HasSubstr("\nHF_TOKEN  "));
  EXPECT_THAT(story.out, Not(HasSubstr("HF_TOKEN=")));
}

TEST_F(TrainOptions, ThatCannotBeAreErrorsBeforeAnEngineIsAsked) {
  struct Case {
    std::vector<std::string> options;
    std::string err;
    std::string train = "";
  };
  const std::vector<Case> cases{
      {{"--env", "image", "--env", "mounted"}, "error: --env image and --env mounted cannot be combined\n"},
      {{"--env", "NOWHERE"},
       "error: --env NOWHERE: the variable NOWHERE is not set here\n\n"
       "hint: set it, use --env NOWHERE=VALUE, or choose --env image or --env mounted\n"},
      {{"--env", "RANK=1"}, "error: --env cannot set RANK: torchrun sets it for each rank\n"},
      {{"--mount", "nowhere:/data"}, "error: --mount [ROOT]/nowhere:/data: [ROOT]/nowhere does not exist\n"},
      {{"--secret", "S=nowhere"}, "error: the secret S: [ROOT]/nowhere does not exist\n"},
      {{}, "error: the secret S: [ROOT]/nowhere does not exist\n", "secrets = { S = \"nowhere\" }\n"},
      {{"--workdir", "data"},
       "error: --workdir \"data\": expected an absolute path in the container, without \"..\", such as "
       "\"/workspace\"\n"},
  };
  for (const auto& each : cases) {
    write_project("command = [\"train.py\"]\ngpus = 0\n" + each.train);
    std::vector<std::string> arguments{"train", "demo"};
    arguments.insert(arguments.end(), each.options.begin(), each.options.end());
    const auto outcome = train("broken", arguments);
    EXPECT_EQ(outcome.code, 2) << each.err;
    EXPECT_EQ(outcome.err, each.err);
    EXPECT_FALSE(scenario_.exists("engine/asked")) << each.err;
  }
}

}  // namespace
}  // namespace launch::scenarios
