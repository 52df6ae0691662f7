#include <ostream>
#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "scenarios/train_scenario.hpp"

namespace launch::scenarios {
namespace {

/// Without the addresses, which follow from a run's ID, and without quotes, which its placeholder needs.
std::string without_addresses(const std::string& text) {
  return std::regex_replace(text, std::regex(R"(198\.19\.[0-9.]+|')"), "");
}

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
            "error: no working container engine: podman is not installed; docker is not installed\n"
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
  EXPECT_EQ(
      outcome.err,
      "error: docker is installed, but its daemon does not answer: Cannot connect to the Docker daemon at "
      "unix:///var/run/docker.sock.\n"
      "\n"
      "hint: start docker's daemon: systemctl start docker\n");
}

TEST_F(TrainScenario, ADriverThatIsTooOld) {
  if (!scenario_.exists("/dev/nvidia0")) GTEST_SKIP() << "this machine has no NVIDIA GPU";
  write_project("command = [\"train.py\"]\ngpus = 1\n");
  const auto lock = scenario_.read("lockfiles/pylock.demo.toml");
  scenario_.write("lockfiles/pylock.demo.toml", lock + "cuda = \"cu128\"\n");
  scenario_.write("bin/nvidia-smi", "#!/bin/sh\necho '0, GPU-a, 470.256.02, 8.0'\n");
  std::filesystem::permissions(scenario_.place("bin/nvidia-smi"), std::filesystem::perms::owner_all);
  scenario_.set("PATH", scenario_.place("bin").string() + ":" + LAUNCH_FAKE_ENGINE + ":/usr/bin:/bin");
  scenario_.write("engine/image.json", replace_all(scenario_.read("engine/image.json"), sha256_hex(lock),
                                                   sha256_hex(scenario_.read("lockfiles/pylock.demo.toml"))));
  const std::string message =
      "this machine has the NVIDIA driver 470.256.02, but the locked torch is built for CUDA 12.8, which "
      "needs "
      "525.60.13 or newer\n";
  const auto refused = train("");
  EXPECT_EQ(refused.code, 3);
  EXPECT_EQ(refused.err,
            "error: " + message +
                "\nhint: install a driver of at least 525.60.13, or lock a torch for an older CUDA\n");
  EXPECT_FALSE(scenario_.exists("state/runs"));
  const auto dry = train("", {"train", "demo", "--dry-run"});
  EXPECT_EQ(dry.code, 0);
  EXPECT_THAT(dry.err, testing::StartsWith("warning: " + message));
}

TEST_F(TrainScenario, AnEngineWhosePathWouldActOnTheTerminal) {
  const auto outcome = train("", {"train", "demo", "--dry-run", "--engine", "/a\x1b[31mb/podman"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err,
            "error: /a\\x1b[31mb/podman cannot be started\n\nhint: use the path of a podman program\n");
}

TEST_F(TrainScenario, EnvironmentsThatCannotBe) {
  const auto mounted = train("", {"train", "demo", "--env", "mounted"});
  EXPECT_EQ(mounted.code, 2);
  EXPECT_EQ(
      mounted.err,
      "error: cannot mount an environment: the Python of the recipe demo is that of the base image or its "
      "distribution\n"
      "\n"
      "hint: run `launch build demo`, and use --env image\n");
  const auto image = train("no-image", {"train", "demo", "--env", "image"});
  EXPECT_EQ(image.code, 3);
  EXPECT_EQ(image.err,
            "error: podman has no image localhost/launch/demo:latest\n\nhint: run `launch build demo`\n");
  const auto unknown = train("", {"train", "demo", "--env", "venv"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_EQ(unknown.err,
            "error: --env venv: the variable venv is not set here\n\n"
            "hint: set it, use --env venv=VALUE, or choose --env image or --env mounted\n");
}

TEST_F(TrainScenario, PathsThatAreNotUtf8) {
  const std::string folder = "eng\xff";
  std::filesystem::create_directories(scenario_.place(folder));
  std::filesystem::create_symlink(std::filesystem::path(LAUNCH_FAKE_ENGINE) / "podman",
                                  scenario_.place(folder) / "podman");
  const auto engine = scenario_.place(folder) / "podman";
  for (int time = 0; time < 2; ++time) {
    const auto outcome = train("", {"train", "demo", "--dry-run", "--engine", engine.string()});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, notes());
  }
}

/// Possible behaviours of podman at some step of a run.
struct EngineFault {
  std::string name;
  std::string fault;  ///< of tests/fakes/engine/podman
  int code = 0;
  std::string err;  ///< without the notes and the line that tells of the run's begin
  bool begun = true;
};

const std::string kBegun =
    "run demo-[RUN]: 1 node of 1 rank, podman 4.3.1 with gloo, image digest sha256:" + std::string(64, 'd') +
    "\n";
constexpr std::string_view kRecord = "record: [ROOT]/state/runs/demo-[RUN]/run.json\n";

void PrintTo(const EngineFault& fault, std::ostream* out) {
  *out << fault.name;
}

class AnEngineThat : public TrainScenario, public ::testing::WithParamInterface<EngineFault> {};

TEST_P(AnEngineThat, IsNamedWithWhatItSaid) {
  const auto outcome = train(GetParam().fault);
  EXPECT_EQ(outcome.code, GetParam().code);
  EXPECT_EQ(outcome.err, (GetParam().begun ? notes() + kBegun : "") + GetParam().err);
}

INSTANTIATE_TEST_SUITE_P(
    TrainScenario, AnEngineThat,
    ::testing::Values(
        EngineFault{"DoesNotWork", "broken", 3,
                    "error: podman is installed but does not work: database is locked\n"
                    "\n"
                    "hint: find out why: podman info\n",
                    false},
        EngineFault{
            "HasNoImageYet", "no-image", 3,
            "error: podman has no image localhost/launch/demo:latest; an environment cannot be mounted "
            "instead: the Python of the recipe demo is that of the base image or its distribution\n"
            "\n"
            "hint: run `launch build demo`\n",
            false},
        EngineFault{"CannotMakeANetwork", "no-network", 3,
                    std::string(kRecord) +
                        "error: podman could not create the network launch-demo-[RUN]: could not find "
                        "free subnet from subnet pools\n"},
        EngineFault{
            "HasNoSubnet", "subnets-in-use", 3,
            std::string(kRecord) +
                "error: podman found no free subnet in 198.19.0.0/16 for the run's network (16 tried)\n"
                "\n"
                "hint: list the networks with `podman network ls`, and remove those of runs that are gone\n"},
        EngineFault{
            "HasNoCommand", "no-command", 2,
            fmt::format("[0] ERROR (catatonit:6): failed to exec pid1: No such file or directory\n"
                        "{}error: the command 'torchrun' is not in the image localhost/launch/demo:latest\n",
                        kRecord)},
        EngineFault{"HasNoSpace", "no-space", 3,
                    fmt::format("[0] Error: mounting storage: no space left on device\n"
                                "{}error: podman could not start the container launch-demo-[RUN]-n0: "
                                "mounting storage: no space left on device\n",
                                kRecord)},
        EngineFault{
            "EndsWithoutAWord", "silent", 125,
            fmt::format(
                "\nerror: torchrun on node 0 failed: it exited with code 125 and no message (code 125)\n"
                "\n"
                "all nodes stopped in [TIME]\n"
                "{}logs:   [ROOT]/state/runs/demo-[RUN]/logs\n",
                kRecord)}),
    [](const auto& info) { return info.param.name; });

TEST_F(TrainScenario, WithoutAnImageNothingIsBegun) {
  train("no-image");
  EXPECT_FALSE(scenario_.exists("state"));
}

TEST_F(TrainScenario, AHalfMadeNetworkIsRemovedAndTheRunIsRecordedAsFailed) {
  train("no-network");
  EXPECT_THAT(end_of_record(), ::testing::HasSubstr("\"result\": \"failed\""));
  EXPECT_THAT(scenario_.read("engine/asked"), ::testing::HasSubstr("[\"network\", \"rm\", \"launch-demo-"));
}

TEST_F(TrainScenario, WhatIsAskedOfPodmanIsWhatDryRunSays) {
  const auto said = train("", {"train", "demo", "--dry-run", "--", "--steps", "5"});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.err, notes());
  EXPECT_THAT(said.out, ::testing::HasSubstr(
                            "mount type=bind,source=[ROOT]/state/dry-run/node,target=/run/launch,readonly"));
  EXPECT_TRUE(scenario_.exists("state/dry-run/node/rank.py"));
  EXPECT_FALSE(scenario_.exists("state/runs"));
  std::vector<std::string> comments;
  std::size_t commands = 0;
  for (const auto line : lines(said.out)) {
    if (!line.starts_with("# ")) ++commands;
    if (line.starts_with("# ") && !line.starts_with("# OMP_NUM_THREADS=")) comments.emplace_back(line);
  }
  EXPECT_EQ(commands, 8U);
  EXPECT_TRUE(
      said.out.ends_with(" & nodes=\"$nodes $!\"\nfor node in $nodes; do wait $node || code=$?; done\n"
                         "podman network rm launch-demo-[RUN]\nexit $code\n"))
      << said.out;
  EXPECT_THAT(
      comments,
      ::testing::ElementsAre(
          "# GLOO_SOCKET_IFNAME=eth0: the container's interface in the run's network; gloo would look "
          "up its own host name",
          "# TORCH_ELASTIC_SHUTDOWN_TIMEOUT=40: torchrun would kill ranks that save for more than "
          "[TIME] (torch 2.12 and later read this)"));
  const auto done = train("", {"train", "demo", "--", "--steps", "5"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(scenario_.read("engine/asked"),
              ::testing::HasSubstr("\"/run/launch/rank.py\", \"train.py\", \"--steps\", \"5\"]"));
}

TEST_F(TrainScenario, TheScriptOfADryRunReturnsTheCodeOfANodeThatFailed) {
  for (const std::string nodes : {"1", "2"}) {
    const auto script = train("fails", {"train", "demo", "--dry-run", "--nodes", nodes});
    EXPECT_EQ(script.code, 0) << script.err;
    const auto ran =
        scenario_.run({"bash", "-c", R"("$1" train demo --dry-run --nodes "$2" 2>/dev/null | sh -e)", "bash",
                       LAUNCH_PROGRAM, nodes});
    EXPECT_EQ(ran.code, 1) << script.out;
    scenario_.write("engine/fault", "talks");
    EXPECT_EQ(scenario_
                  .run({"bash", "-c", R"("$1" train demo --dry-run --nodes "$2" 2>/dev/null | sh -e)", "bash",
                        LAUNCH_PROGRAM, nodes})
                  .code,
              0);
  }
}

TEST_F(TrainScenario, ADryRunCanBeADocument) {
  const auto script = train("", {"train", "demo", "--dry-run", "--env", "HF_TOKEN=x", "--nodes", "2"}).out;
  const auto said =
      train("", {"--json", "train", "demo", "--dry-run", "--env", "HF_TOKEN=x", "--nodes", "2"});
  EXPECT_EQ(said.code, 0) << said.err;
  const auto document = nlohmann::json::parse(said.out);
  EXPECT_EQ(document["schema"], 1);
  EXPECT_EQ(document["run"], "demo-[RUN]");
  EXPECT_EQ(document["variables"], nlohmann::json({"HF_TOKEN"}));
  EXPECT_EQ(document["env"][1]["name"], "HF_TOKEN");
  EXPECT_EQ(document["env"][1]["value"], nullptr);
  ASSERT_EQ(document["nodes"].size(), 2U);
  EXPECT_EQ(document["nodes"][1]["host"], "n1");
  std::vector<nlohmann::json> commands{document["before"][0], document["nodes"][0]["commands"][0],
                                       document["nodes"][1]["commands"][0], document["after"][0]};
  for (const auto& command : commands) {
    EXPECT_EQ(command["input"], nullptr);
    EXPECT_THAT(without_addresses(script),
                ::testing::HasSubstr(
                    "\n" + without_addresses(shell_line(command["argv"].get<std::vector<std::string>>()))));
  }
}

TEST_F(TrainScenario, ARunThatFailsIsStartedAgain) {
  const auto outcome = train("fails-once", {"train", "demo", "--restarts", "3"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "[0.0] hello\n[0.0] hello\n");
  EXPECT_EQ(outcome.err, notes() + kBegun +
                             "attempt 2 of 4: rank 0 on node 0 exited with code 7\n"
                             "done in [TIME]: 1 node, world size 1\n"
                             "attempts: 2\n" +
                             std::string(kRecord) + "logs:   [ROOT]/state/runs/demo-[RUN]/logs\n");
  const auto shown = scenario_.launch({"runs", "show", "last"}).out;
  EXPECT_THAT(shown, ::testing::HasSubstr(
                         "attempt 1 failed with code 7 after [TIME]: rank 0 on node 0 exited with code 7\n"));
}

TEST_F(TrainScenario, TheLastOfAllAttemptsIsTheRunsEnd) {
  const auto outcome = train("fails", {"train", "demo", "--restarts", "1"});
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(outcome.err, notes() + kBegun +
                             "attempt 2 of 2: rank 0 on node 0 exited with code 7\n"
                             "\n"
                             "error: rank 0 on node 0 exited with code 7\n"
                             "  [0.0] hello\n"
                             "  full log: [ROOT]/state/runs/demo-[RUN]/logs/attempt2/node0.rank0.log\n"
                             "\n"
                             "all nodes stopped in [TIME]\n"
                             "attempts: 2\n" +
                             std::string(kRecord) + "logs:   [ROOT]/state/runs/demo-[RUN]/logs\n");
  const auto log = scenario_.launch({"logs", "last", "--rank", "0"});
  EXPECT_EQ(log.out, "hello\n");
  EXPECT_EQ(scenario_.launch({"logs", "last"}).out,
            "[0.0] hello\nattempt 2 of 2: rank 0 on node 0 exited with code 7\n[0.0] hello\n");
  const auto json = train("fails", {"--json", "train", "demo", "--restarts", "1"});
  EXPECT_EQ(json.code, 7);
  EXPECT_THAT(json.out, ::testing::HasSubstr("\"attempts\": 2,"));
}

/// Requests that are rejected before an engine is run.
struct Refusal {
  std::string name;
  std::vector<std::string> options;
  std::string err;
  std::string train = "command = [\"train.py\"]\ngpus = 0\n";  ///< of the recipe
};

TEST_F(TrainScenario, WhatIsWrongIsSaidBeforeAnEngineIsAsked) {
  const std::string kGpus =
      "is not a set of GPUs: expected \"all\", a number, or indices or UUIDs such as \"0,2\"";
  const std::vector<Refusal> refusals{
      {"NoNodes", {"--nodes", "0"}, "error: --nodes 0: expected 1 to 1024\n"},
      {"FewerNodes", {"--nodes", "-1"}, "error: --nodes -1: expected 1 to 1024\n"},
      {"NoPort", {"--port", "-1"}, "error: --port -1: expected 0 to 65535\n"},
      {"PortOutOfRange", {"--port", "99999"}, "error: --port 99999: expected 0 to 65535\n"},
      {"Restarts", {"--restarts", "-1"}, "error: --restarts -1: expected 0 or more\n"},
      {"Rendezvous",
       {"--rendezvous-timeout", "-1"},
       "error: --rendezvous-timeout -1: expected 0 or more seconds\n"},
      {"Hang", {"--hang-timeout", "-2"}, "error: --hang-timeout -2: expected 0 or more seconds\n"},
      {"Gpus", {"--gpus", "x"}, "error: \"x\" " + kGpus + "\n  while reading --gpus\n"},
      {"NegativeGpus", {"--gpus=-1"}, "error: \"-1\" " + kGpus + "\n  while reading --gpus\n"},
      {"Place", {"--on", "mars"}, "error: unknown place \"mars\": expected local\n"},
      {"Mount",
       {},
       "error: [ROOT]/nowhere does not exist, but the recipe demo mounts it at /data\n",
       "command = [\"train.py\"]\nmounts = [{ from = \"nowhere\", to = \"/data\" }]\n"},
      {"Command",
       {},
       "error: the recipe demo has no [train] command\n\n"
       "hint: add [train] with command = [\"train.py\"]\n",
       "gpus = 0\n"},
  };
  for (const auto& refusal : refusals) {
    write_project(refusal.train);
    std::vector<std::string> arguments{"train", "demo"};
    arguments.insert(arguments.end(), refusal.options.begin(), refusal.options.end());
    const auto outcome = train("broken", arguments);
    EXPECT_EQ(outcome.code, 2) << refusal.name;
    EXPECT_EQ(outcome.err, refusal.err) << refusal.name;
    EXPECT_FALSE(scenario_.exists("engine/asked")) << refusal.name;
  }
}

TEST_F(TrainScenario, AnUnknownEngine) {
  const auto engine = train("", {"train", "demo", "--engine", "nerdctl"});
  EXPECT_EQ(engine.code, 2);
  EXPECT_EQ(engine.err,
            "error: 'nerdctl' is not an engine: expected podman, docker or a path to one of them\n");
}

}  // namespace
}  // namespace launch::scenarios
