#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {
namespace {

constexpr std::string_view kRecipe =
    "python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n"
    "[train]\ncommand = [\"train.py\"]\nnodes = 1\ngpus = 0\n";

class TrainScenario : public ::testing::Test {
 protected:
  TrainScenario() {
    const auto lock = std::string(
                          "lock-version = \"1.0\"\ncreated-by = \"launch\"\nrequires-python = \"==3.11.*\"\n"
                          "environments = []\npackages = []\n\n[tool.launch]\nrecipe = \"sha256:") +
                      sha256_hex(kRecipe) + "\"\nchannel = \"index\"\nplatforms = [\"linux-x86_64\"]\n";
    scenario_.write("recipes/demo.toml", std::string(kRecipe));
    scenario_.write("lockfiles/pylock.demo.toml", lock);
    scenario_.write("engine/image.json",
                    R"([{"Id": "aa", "Digest": "sha256:dd", "Config": {"Labels": {"launch.lock": "sha256:)" +
                        sha256_hex(lock) + "\"}}}]");
    scenario_.set("FAKE_PODMAN", scenario_.place("engine").string());
    scenario_.set("PATH", std::string(LAUNCH_FAKE_ENGINE) + ":/usr/local/bin:/usr/bin:/bin");
    scenario_.set("LAUNCH_ENGINE", "podman");
  }

  Outcome train(const std::string& fault, std::vector<std::string> arguments = {"train", "demo"}) {
    scenario_.write("engine/fault", fault);
    return scenario_.launch(arguments);
  }
  std::string end_of_record() {
    for (const auto& [name, text] : scenario_.files("state/runs")) {
      if (name.ends_with("run.json")) return text.substr(text.find("\"end\""));
    }
    return {};
  }

  Scenario scenario_;
};

TEST_F(TrainScenario, EnginesThatAreNotThere) {
  scenario_.set("PATH", "/nonexistent");
  const auto wanted = train("");
  EXPECT_EQ(wanted.code, 3);
  EXPECT_EQ(wanted.err,
            "error: podman is not installed\n"
            "\n"
            "hint: install podman: apt-get install podman\n");
  scenario_.set("LAUNCH_ENGINE", "");
  const auto any = train("");
  EXPECT_EQ(any.code, 3);
  EXPECT_EQ(any.err,
            "error: no container engine works here: podman is not installed; docker is not installed\n"
            "\n"
            "hint: install podman: apt-get install podman\n");
}

TEST_F(TrainScenario, DockerWithoutItsDaemon) {
  scenario_.write("bin/docker",
                  "#!/bin/sh\n[ \"$1 $2\" = 'version --format' ] || exit 9\n"
                  "echo '{\"Client\":{\"Version\":\"28.2.2\"},\"Server\":null}'\n"
                  "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' >&2\nexit 1\n");
  std::filesystem::permissions(scenario_.place("bin/docker"), std::filesystem::perms::owner_all);
  scenario_.set("PATH", scenario_.place("bin").string());
  const auto outcome = train("", {"train", "demo", "--engine", "docker"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err,
            "error: docker is installed but no daemon answers: Cannot connect to the Docker daemon at "
            "unix:///var/run/docker.sock.\n"
            "\n"
            "hint: start docker's daemon: systemctl start docker\n");
}

TEST_F(TrainScenario, AnEngineThatDoesNotWork) {
  const auto outcome = train("broken");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err,
            "error: podman is installed but does not work: database is locked\n"
            "\n"
            "hint: see what is wrong with: podman info\n");
}

TEST_F(TrainScenario, NoImageYet) {
  const auto outcome = train("no-image");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err,
            "error: podman has no image localhost/launch/demo:latest\n"
            "\n"
            "hint: launch build demo\n");
  EXPECT_FALSE(scenario_.exists("state")) << "nothing was begun";
}

TEST_F(TrainScenario, ANetworkThatCannotBeMade) {
  const auto outcome = train("no-network");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, ::testing::EndsWith("could not find free subnet from subnet pools\n"));
  EXPECT_THAT(end_of_record(), ::testing::HasSubstr("\"result\": \"failed\""));
  EXPECT_THAT(scenario_.read("engine/asked"), ::testing::HasSubstr("[\"network\", \"rm\", \"launch-demo-"))
      << "a half-made network is removed";
}

TEST_F(TrainScenario, ContainersThatCannotBeStarted) {
  const auto command = train("no-command");
  EXPECT_EQ(command.code, 2);
  EXPECT_THAT(command.err,
              ::testing::EndsWith(
                  "error: the command 'torchrun' is not in the image localhost/launch/demo:latest\n"));
  const auto space = train("no-space");
  EXPECT_EQ(space.code, 3);
  EXPECT_THAT(space.err, ::testing::EndsWith("mounting storage: no space left on device\n"));
  EXPECT_THAT(space.err, ::testing::HasSubstr("\nerror: podman could not start the container launch-demo-"));
}

TEST_F(TrainScenario, AnEngineThatEndsWithoutAWord) {
  const auto outcome = train("silent");
  EXPECT_EQ(outcome.code, 125);
  EXPECT_THAT(
      outcome.err,
      ::testing::HasSubstr(
          "\nerror: torchrun on node 0 failed: it ended with code 125 and said nothing (code 125)\n"));
}

TEST_F(TrainScenario, WhatIsAskedOfPodmanIsWhatDryRunSays) {
  const auto said = train("", {"train", "demo", "--dry-run", "--", "--steps", "5"});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.err, scenario_.exists("/dev/nvidia0")
                          ? "no GPUs are asked for: one rank a node, on the CPU with gloo\n"
                          : "this machine has no NVIDIA GPU: one rank a node, on the CPU "
                            "with gloo\n");
  EXPECT_EQ(lines(said.out).size(), 2U);
  const auto done = train("", {"train", "demo", "--", "--steps", "5"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(scenario_.read("engine/asked"),
              ::testing::HasSubstr("\"/run/launch/rank.py\", \"train.py\", \"--steps\", \"5\"]"));
}

TEST_F(TrainScenario, WrongUsage) {
  const auto nodes = train("", {"train", "demo", "--nodes", "0"});
  EXPECT_EQ(nodes.code, 2);
  EXPECT_EQ(nodes.err, "error: 0 nodes: expected 1 to 1024\n");
  const auto engine = train("", {"train", "demo", "--engine", "nerdctl"});
  EXPECT_EQ(engine.code, 2);
  EXPECT_EQ(engine.err,
            "error: 'nerdctl' is not an engine: expected podman, docker or a path to one of them\n");
}

}  // namespace
}  // namespace launch::scenarios
