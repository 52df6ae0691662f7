#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

class DoctorScenario : public ::testing::Test {
 protected:
  /// What differs from machine to machine is shown by its name.
  static std::string masked(std::string text) {
    text = std::regex_replace(
        text, std::regex("(none: training runs on the CPU with gloo|[0-9]+ NVIDIA GPUs?)  \\[[^\\]]*\\]"),
        "[GPUS]");
    text = std::regex_replace(text, std::regex("(cpus +)[0-9]+"), "$1[CPUS]");
    text = std::regex_replace(text, std::regex("(memory +)[0-9.]+ .B"), "$1[MEMORY]");
    // Driver, parts of the engine and so on: tests/unit/commands/machine_checks_test.cpp has them.
    return std::regex_replace(
        text,
        std::regex("((driver|device|groups|init|network|CDI|NVSwitch|memlock|port) .*\n( +fix: .*\n)*)+"),
        "[MACHINE]\n");
  }

  DemoProject demo_;
};

TEST_F(DoctorScenario, AMachineThatHasEverything) {
  const auto done = demo_.launch({"doctor"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(masked(done.out),
            "engine        podman 4.3.1  [LAUNCH_ENGINE]\n"
            "gpus          [GPUS]\n"
            "cpus          [CPUS]  [scheduler affinity]\n"
            "memory        [MEMORY]  [physical]\n"
            "[MACHINE]\n"
            "index         [INDEX]  [LAUNCH_INDEX_URL]\n"
            "channel       http://127.0.0.1:9/whl  [LAUNCH_CHANNEL_URL]\n"
            "store         [ROOT]/store/wheels  [LAUNCH_STORE]\n"
            "state         [ROOT]/state  [LAUNCH_STATE]\n"
            "cache         [ROOT]/home/.cache/launch/http  [default]\n"
            "registry      docker.io at [REGISTRY]  [site]\n");
}

TEST_F(DoctorScenario, ShowsTheDatedArchiveOfDebian) {
  demo_.scenario.write("launch.toml", demo_.scenario.read("launch.toml") +
                                          "[apt]\ndebian = \"http://ours.example/{archive}/{date}\"\n");
  EXPECT_THAT(demo_.launch({"doctor"}).out,
              testing::HasSubstr("\napt archive   http://ours.example/{archive}/{date}  [launch.toml]\n"));
}

TEST_F(DoctorScenario, AMachineWithoutAnEngine) {
  demo_.scenario.set("PATH", "/nonexistent");
  const auto done = demo_.launch({"doctor"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out.substr(0, done.out.find("gpus")),
            "engine        podman is not installed  [LAUNCH_ENGINE]\n"
            "              fix: install podman: apt-get install podman\n");
}

TEST_F(DoctorScenario, Json) {
  demo_.scenario.set("PATH", "/nonexistent");
  const auto done = demo_.launch({"doctor", "--json"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out.substr(0, done.out.find("\"gpus\"")),
            R"({
  "schema": 1,
  "findings": [
    {
      "what": "engine",
      "value": "podman is not installed",
      "origin": "LAUNCH_ENGINE",
      "missing": true,
      "hints": [
        "install podman: apt-get install podman"
      ]
    },
    {
      "what": )");
}

}  // namespace
}  // namespace launch::scenarios
