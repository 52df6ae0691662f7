// launch bisect --run on a nightly channel. The fake engine runs the command on this machine.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string commit(int day) {
  return fmt::format("{:02}{}", day, std::string(38, 'a'));
}

std::string compare(int before, int after) {
  return fmt::format("https://github.com/pytorch/pytorch/compare/{}...{}", commit(before), commit(after));
}

/// Exits with the code from this day on; writes each run to engine/runs.
std::string fails_from(int day, int code = 3) {
  return fmt::format(
      "echo $LAUNCH_BISECT_VERSION >> runs; test ${{LAUNCH_BISECT_VERSION#*dev202506}} -lt {:02} || {{ echo "
      "boom; "
      "exit {}; }}",
      day, code);
}

class BisectRunScenario : public ::testing::Test {
 protected:
  BisectRunScenario() {
    scenario_.set("LAUNCH_CHANNEL_URL", channel_.server().url());
    scenario_.hide(channel_.server().url(), "[CHANNEL]");
    recipe("");
    for (int day = 1; day <= 8; ++day) offer(day);
  }
  void SetUp() override {
    if (scenario_.exists("/dev/nvidia0")) GTEST_SKIP() << "these tests are of a machine without a GPU";
  }

  void recipe(const std::string& torch, const std::string& packages = "torch") {
    scenario_.write("recipes/demo.toml",
                    fmt::format("python = \"3.11\"\n[torch]\nchannel = \"nightly\"\ncuda = \"cpu\"\n"
                                "packages = [\"{}\"]\n{}[lock]\nwheels = \"path\"\n[image]\n"
                                "from = \"docker.io/library/debian:12\"\npython = \"base\"\n",
                                packages, torch));
  }
  std::string offer(int day, std::vector<std::string> requires_dist = {}) {
    return channel_.add({.name = "torch",
                         .version = fmt::format("2.9.0.dev202506{:02}+cpu", day),
                         .requires_dist = std::move(requires_dist),
                         .files = {{"torch/__init__.py", ""},
                                   {"torch/version.py", "git_version = '" + commit(day) + "'\n"}}});
  }
  Outcome bisect(const std::string& command, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"bisect", "demo", "--run", command});
    return demo_.launch(more);
  }
  /// The same in a shell that writes its ID, which launch's is then, to a file first.
  Outcome bisect_with_pid(const std::string& command) {
    return scenario_.run(
        {"sh", "-c", "echo $$ > pid; exec \"$@\"", "sh", LAUNCH_PROGRAM, "bisect", "demo", "--run", command});
  }
  /// Days whose commands ran, in that order, without the repetitions.
  std::string runs() const {
    std::string days;
    std::string last;
    const auto text = scenario_.read("engine/runs");
    for (const auto& line : lines(text)) {
      const std::string day(line.substr(line.size() - 2));
      if (day != last) days += (days.empty() ? "" : " ") + day;
      last = day;
    }
    return days;
  }

  DemoProject demo_;
  Scenario& scenario_ = demo_.scenario;
  fakes::IndexServer channel_{{.json = false, .hashes = false, .missing = 403, .root = "/nightly/cpu"}};
};

TEST_F(BisectRunScenario, FindsTheNightlySinceWhichACommandFails) {
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  ASSERT_EQ(demo_.launch({"build", "demo"}).code, 0);
  const auto locks = scenario_.files("lockfiles");
  const auto images = scenario_.files("engine/images");
  const auto done = bisect(fails_from(6));
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out,
            "torch 2.9.0.dev20250601 works (2 runs)\n"
            "torch 2.9.0.dev20250604 works (2 runs)\n"
            "torch 2.9.0.dev20250605 works (2 runs)\n"
            "torch 2.9.0.dev20250606 fails (2 runs: exit codes 3 and 3)\n"
            "  boom\n"
            "torch 2.9.0.dev20250608 fails (2 runs: exit codes 3 and 3)\n"
            "the command began to fail in torch 2.9.0.dev20250606; it works in torch 2.9.0.dev20250605\n"
            "commits in between: " +
                compare(5, 6) +
                "\n"
                "tried 5 of 8 versions\n");
  EXPECT_EQ(done.err,
            "torch 2.9.0.dev20250601 works (2 runs)\n"
            "torch 2.9.0.dev20250608 fails (2 runs: exit codes 3 and 3)\n"
            "torch 2.9.0.dev20250604 works (2 runs)\n"
            "torch 2.9.0.dev20250606 fails (2 runs: exit codes 3 and 3)\n"
            "torch 2.9.0.dev20250605 works (2 runs)\n");
  EXPECT_EQ(scenario_.files("lockfiles"), locks);
  EXPECT_EQ(scenario_.files("engine/images"), images) << "the recipe's image is the one from before";
  EXPECT_THAT(scenario_.files("engine/running"), IsEmpty());
}

TEST_F(BisectRunScenario, WhereNoImageWasNoneIsLeft) {
  EXPECT_EQ(bisect(fails_from(6)).code, 0);
  EXPECT_THAT(scenario_.files("engine/images"), IsEmpty());
  EXPECT_FALSE(scenario_.exists("lockfiles"));
}

TEST_F(BisectRunScenario, ACommandThatBeginsToWork) {
  const auto done = bisect("test ${LAUNCH_BISECT_VERSION#*dev202506} -ge 03");
  EXPECT_THAT(done.out, HasSubstr("the command began to work in torch 2.9.0.dev20250603; it fails in torch "
                                  "2.9.0.dev20250602\n"));
  EXPECT_EQ(done.code, 0);
}

TEST_F(BisectRunScenario, WhatCannotBeTriedIsSkippedAndNamed) {
  offer(5, {"absent"});
  channel_.hide("torch-2.9.0.dev20250603+cpu-py3-none-any.whl");
  const auto done = bisect("case $LAUNCH_BISECT_VERSION in *04|*06) exit 125;; *07|*08) exit 1;; esac");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(
      done.out,
      "torch 2.9.0.dev20250601 works (2 runs)\n"
      "torch 2.9.0.dev20250602 works (2 runs)\n"
      "torch 2.9.0.dev20250604 is skipped: the command exited with 125\n"
      "torch 2.9.0.dev20250605 is skipped: it cannot be locked: the requirements of demo cannot be met for "
      "Python 3.11 on linux-x86_64:\n"
      "  Because demo requires torch and torch 2.9.0.dev20250605+cpu requires absent, but the index [INDEX] "
      "has no "
      "project named absent, the requirements of demo cannot be met.\n"
      "torch 2.9.0.dev20250606 is skipped: the command exited with 125\n"
      "torch 2.9.0.dev20250607 fails (2 runs: exit codes 1 and 1)\n"
      "torch 2.9.0.dev20250608 fails (2 runs: exit codes 1 and 1)\n"
      "the command began to fail in torch 2.9.0.dev20250607; it works in torch 2.9.0.dev20250602\n"
      "skipped in between; the change may be in one of them: 2.9.0.dev20250604, 2.9.0.dev20250605, "
      "2.9.0.dev20250606 and 2025-06-03\n"
      "commits in between: " +
          compare(2, 7) +
          "\n"
          "tried 7 of 7 versions\n"
          "skipped 2025-06-03: no nightly\n");
}

TEST_F(BisectRunScenario, RunsThatDisagreeAreRepeated) {
  const auto done = bisect(
      "echo x >> count-$LAUNCH_BISECT_VERSION; n=$(wc -l < count-$LAUNCH_BISECT_VERSION); "
      "case $LAUNCH_BISECT_VERSION in *08) test $n = 2;; *04) test $n != 1;; esac");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out,
              HasSubstr("torch 2.9.0.dev20250604 works (2 of 3 runs, which disagree: exit code 1)\n"));
  EXPECT_THAT(done.out,
              HasSubstr("torch 2.9.0.dev20250608 fails (2 of 3 runs, which disagree: exit codes 1 and 1)\n"));
}

TEST_F(BisectRunScenario, EndsThatAgreeAreNotSearched) {
  auto done = bisect("true");
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(
      done.out,
      "torch 2.9.0.dev20250601 works (2 runs)\n"
      "torch 2.9.0.dev20250608 works (2 runs)\n"
      "the command works with both torch 2.9.0.dev20250601 and torch 2.9.0.dev20250608: no change to look "
      "for\n"
      "tried 2 of 8 versions\n");
  done = bisect("exit 125", {"--last", "2"});
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out,
            "torch 2.9.0.dev20250607 is skipped: the command exited with 125\n"
            "torch 2.9.0.dev20250608 is skipped: the command exited with 125\n"
            "no version could be tried\n"
            "tried 2 of 2 versions\n");
  done = bisect("case $LAUNCH_BISECT_VERSION in *08) exit 125;; *) exit 1;; esac", {"--last", "2"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(
      done.out,
      HasSubstr("the command fails with torch 2.9.0.dev20250607, the only one that could be tried\n"));
}

TEST_F(BisectRunScenario, AnInterruptedSearchGoesOnWhereItWas) {
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  ASSERT_EQ(demo_.launch({"build", "demo"}).code, 0);
  const auto images = scenario_.files("engine/images");
  const auto command = fmt::format(
      "{}; if [ -e stop ]; then case $LAUNCH_BISECT_VERSION in *04) kill -$(cat stop) $(cat '{}'); sleep "
      "60;; esac; fi",
      fails_from(6), scenario_.place("pid").string());
  scenario_.write("engine/stop", "INT");
  auto done = bisect_with_pid(command);
  EXPECT_EQ(done.code, 130);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "torch 2.9.0.dev20250601 works (2 runs)\n"
            "torch 2.9.0.dev20250608 fails (2 runs: exit codes 3 and 3)\n"
            "interrupted; run the same command again to continue\n");
  EXPECT_EQ(scenario_.files("engine/images"), images);
  EXPECT_THAT(scenario_.files("engine/running"), IsEmpty());
  EXPECT_EQ(runs(), "01 08 04");

  std::filesystem::remove(scenario_.place("engine/stop"));
  std::filesystem::remove(scenario_.place("engine/runs"));
  done = bisect(command);
  EXPECT_EQ(done.code, 0) << done.out;
  EXPECT_THAT(done.err,
              StartsWith("continuing an earlier search: 2 of 8 versions already tried; --again starts "
                         "over\n"
                         "torch 2.9.0.dev20250604 works (2 runs)\n"));
  EXPECT_THAT(done.out, HasSubstr("torch 2.9.0.dev20250608 fails (2 runs: exit codes 3 and 3)\n"));
  EXPECT_EQ(runs(), "04 06 05");

  std::filesystem::remove(scenario_.place("engine/runs"));
  done = bisect(command);
  EXPECT_EQ(done.err, "continuing an earlier search: 5 of 8 versions already tried; --again starts over\n");
  EXPECT_THAT(done.out, HasSubstr("the command began to fail in torch 2.9.0.dev20250606;"));
  EXPECT_FALSE(scenario_.exists("engine/runs"));
  done = bisect(command, {"--again", "--last", "2"});
  EXPECT_EQ(runs(), "07 08");
}

TEST_F(BisectRunScenario, AKilledSearchLeavesNoWrongImage) {
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  ASSERT_EQ(demo_.launch({"build", "demo"}).code, 0);
  const auto images = scenario_.files("engine/images");
  scenario_.write("engine/stop", "");
  const auto command =
      fmt::format("if [ -e stop ]; then kill -KILL $(cat '{}'); fi", scenario_.place("pid").string());
  EXPECT_NE(bisect_with_pid(command).code, 0);
  EXPECT_NE(scenario_.files("engine/images"), images);
  std::filesystem::remove(scenario_.place("engine/stop"));
  const auto done = bisect(command);
  EXPECT_EQ(done.code, 1) << done.err;
  EXPECT_THAT(done.err, HasSubstr("restored the image that demo had before an interrupted search\n"));
  EXPECT_EQ(scenario_.files("engine/images"), images);
}

TEST_F(BisectRunScenario, AnImageThatWasBuiltAfterAKilledSearchStays) {
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  ASSERT_EQ(demo_.launch({"build", "demo"}).code, 0);
  scenario_.write("engine/stop", "");
  const auto command =
      fmt::format("if [ -e stop ]; then kill -KILL $(cat '{}'); fi", scenario_.place("pid").string());
  EXPECT_NE(bisect_with_pid(command).code, 0);
  std::filesystem::remove(scenario_.place("engine/stop"));
  const auto recipe = scenario_.read("recipes/demo.toml");
  scenario_.write("recipes/demo.toml", recipe + "env = { A = \"b\" }\n");
  ASSERT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  const auto built = demo_.launch({"build", "demo"});
  ASSERT_EQ(built.code, 0) << built.err;
  const auto done = bisect(command);
  EXPECT_EQ(done.code, 1) << done.err;
  EXPECT_THAT(done.err, testing::Not(HasSubstr("restored")));
  EXPECT_EQ(demo_.launch({"build", "demo"}).out, built.out);
}

TEST_F(BisectRunScenario, ADamagedStateStartsFromTheBeginning) {
  ASSERT_EQ(bisect(fails_from(6)).code, 0);
  for (const auto& [name, content] : scenario_.files("state/bisect"))
    scenario_.write(name, content.substr(0, content.size() / 2));
  std::filesystem::remove(scenario_.place("engine/runs"));
  EXPECT_EQ(bisect(fails_from(6)).code, 0);
  EXPECT_EQ(runs(), "01 08 04 06 05");
}

TEST_F(BisectRunScenario, WhatIsCopiedIntoTheImageMatters) {
  const auto text = scenario_.read("recipes/demo.toml") + "copy = [{ from = \"src\" }]\n";
  scenario_.write("recipes/demo.toml", text);
  ASSERT_EQ(bisect("true", {"--last", "2"}).code, 1);
  EXPECT_THAT(bisect("true", {"--last", "2"}).err, HasSubstr("continuing"));
  scenario_.write("src/train.py", "import os\n");
  EXPECT_THAT(bisect("true", {"--last", "2"}).err, testing::Not(HasSubstr("continuing")));
}

TEST_F(BisectRunScenario, AnEngineThatFailsEndsItAndItGoesOnLater) {
  scenario_.write("engine/fault", "broken");
  auto done = bisect("true");
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_THAT(done.err, HasSubstr("database is locked"));
  scenario_.write("engine/fault", "");
  done = bisect("true");
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, testing::Not(HasSubstr("continuing")));
}

TEST_F(BisectRunScenario, Releases) {
  for (const auto* version : {"2.4.0", "2.5.0", "2.6.0"}) {
    demo_.index.add({.name = "torch",
                     .version = version,
                     .files = {{"torch/__init__.py", "class Module: pass\n"},
                               {"torch/version.py", "git_version = '" + commit(version[2] - '0') + "'\n"}}});
  }
  demo_.recipe();
  const auto done = bisect("case $LAUNCH_BISECT_VERSION in 2.3*|2.4*) ;; *) exit 1;; esac");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out,
            "torch 2.3.1 works (2 runs)\n"
            "torch 2.4.0 works (2 runs)\n"
            "torch 2.5.0 fails (2 runs: exit codes 1 and 1)\n"
            "torch 2.6.0 fails (2 runs: exit codes 1 and 1)\n"
            "the command began to fail in torch 2.5.0; it works in torch 2.4.0\n"
            "commits in between: " +
                compare(4, 5) +
                "\n"
                "tried 4 of 4 versions\n");
}

TEST_F(BisectRunScenario, Json) {
  const auto done = bisect("test ${LAUNCH_BISECT_VERSION#*dev202506} -lt 08 || { echo boom; exit 3; }",
                           {"--json", "--last", "2"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(
      done.out,
      R"({"schema":1,"recipe":"demo","command":"test ${LAUNCH_BISECT_VERSION#*dev202506} -lt 08 || { echo boom; exit 3; }",)"
      R"("versions":["2.9.0.dev20250607","2.9.0.dev20250608"],"skipped":[],"remembered":0,)"
      R"("tried":[{"version":"2.9.0.dev20250607","verdict":"works","codes":[0,0],"reason":null,"output":[]},)"
      R"({"version":"2.9.0.dev20250608","verdict":"fails","codes":[3,3],"reason":null,"output":["boom"]}],)"
      R"("changes":1,"change":{"before":"2.9.0.dev20250607","after":"2.9.0.dev20250608","from":"works","to":"fails",)"
      R"("commits":{"before":")" +
          commit(7) + R"(","after":")" + commit(8) + R"("},"url":")" + compare(7, 8) +
          R"(","skipped":[]}})"
          "\n");
}

TEST_F(BisectRunScenario, MistakesAreErrors) {
  struct Case {
    std::vector<std::string> arguments;
    std::string error;
  };
  const Case cases[] = {
      {{"bisect", "demo", "--run", " "}, "error: --run: no command given\n"},
      {{"bisect", "demo", "other", "--run", "true"}, "error: --run takes one recipe, not 2\n"},
      {{"bisect", "demo", "--run", "true", "--channel", "nightly", "--cuda", "cpu"},
       "error: --channel cannot be combined with --run, which takes it from the recipe\n"},
      {{"bisect", "torch.nn", "--engine", "podman"}, "error: --engine needs --run\n"},
      {{"bisect", "torch.nn", "--again"}, "error: --again needs --run\n"},
      {{"bisect", "demo", "--run", "true", "--from", "2025-06-08"},
       "error: only one version of torch can be tried: 2.9.0.dev20250608\n"},
      {{"bisect", "demo", "--run", "no-such-program"},
       "error: sh cannot run the command in the image of demo: it exited with code 127\n"
       "  sh: 1: no-such-program: not found\n"},
  };
  for (const auto& each : cases) {
    const auto done = demo_.launch(each.arguments);
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(done.out, "");
    EXPECT_EQ(done.err, each.error);
  }
  recipe("", "torch==2.9.0.dev20250602");
  auto done = bisect("true");
  EXPECT_EQ(done.err,
            "error: only one version of torch can be tried: 2.9.0.dev20250602\n"
            "\n"
            "hint: 2.9.0.dev20250608 was skipped: the recipe asks for torch==2.9.0.dev20250602\n");
  recipe("", "torch<2");
  done = bisect("true");
  EXPECT_EQ(done.err,
            "error: no version of torch can be tried\n"
            "\n"
            "hint: 2.9.0.dev20250608 was skipped: the recipe asks for torch<2\n");
  recipe("date = \"2025-06-04\"\n");
  done = bisect("true");
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err,
            "error: recipes/demo.toml pins the nightly: date = \"2025-06-04\"\n"
            "\n"
            "hint: remove that line, and choose nightlies with --from and --to\n");
  recipe("", "torchvision");
  done = bisect("true");
  EXPECT_EQ(done.err,
            "error: recipes/demo.toml has no torch among the packages of [torch]\n"
            "\n"
            "hint: add packages = [\"torch\"] under [torch]\n");
}

}  // namespace
}  // namespace launch::scenarios
