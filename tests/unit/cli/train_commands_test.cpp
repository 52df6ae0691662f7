#include "cli/reports/train_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch::cli {
namespace {

/// Runs the script of such a run in a folder of its own, and `how`, with the script's path in $0.
class TrainScript : public testing::Test {
 protected:
  static containers::Command shell(const std::string& text) { return {{"sh", "-c", text}, {}}; }

  ProcessOutcome run(const train::PlaceCommands& commands, const std::string& how = "sh \"$0\"") {
    const auto script = scratch_.path() / "script";
    EXPECT_TRUE(write_file(script, train_script({.plan = {}, .commands = commands})));
    ProcessSpec spec;
    spec.argv = {"sh", "-c", "cd \"${0%/*}\" || exit; " + how, script.string()};
    spec.timeout = std::chrono::seconds(60);
    auto outcome = make_process_runner()->run(spec);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return *std::move(outcome);
  }
  bool exists(const char* name) const { return std::filesystem::exists(scratch_.path() / name); }

  const std::string saves_ = "trap 'echo >saved; exit 0' TERM; echo >started; while :; do sleep 0.05; done";
  test::Scratch scratch_;
};

TEST_F(TrainScript, ReturnsTheCodeOfANodeThatFailed) {
  EXPECT_EQ(
      run({{shell("exit 0")}, {{shell("exit 4")}, {shell("exit 0")}}, {shell("echo >after")}}).exit_code, 4);
  EXPECT_TRUE(exists("after"));
}

TEST_F(TrainScript, StartsNoNodeIfWhatComesBeforeFails) {
  EXPECT_EQ(run({{shell("exit 7")}, {{shell("echo >node")}}, {shell("echo >after")}}).exit_code, 7);
  EXPECT_FALSE(exists("node"));
  EXPECT_FALSE(exists("after"));
}

TEST_F(TrainScript, ASignalEndsTheNodesAndWhatFollowsThemRuns) {
  const std::string how =
      " \"$0\" & until [ -e started ]; do sleep 0.05; done; kill -TERM $!; wait $!; exit $?";
  for (const auto* shell_with : {"sh", "sh -e"}) {
    for (const auto& nodes : std::vector<std::vector<std::vector<containers::Command>>>{
             {{shell(saves_)}}, {{shell("exit 0")}, {shell("echo >prepared"), shell(saves_)}}}) {
      for (const auto* name : {"started", "saved", "after"}) std::filesystem::remove(scratch_.path() / name);
      EXPECT_EQ(run({{shell("exit 0")}, nodes, {shell("echo >after")}}, shell_with + how).exit_code, 143);
      EXPECT_TRUE(exists("saved"));
      EXPECT_TRUE(exists("after"));
    }
  }
}

}  // namespace
}  // namespace launch::cli
