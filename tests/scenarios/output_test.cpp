#include <map>
#include <optional>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_table.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

using testing::EndsWith;

constexpr std::string_view kFull =
    "error: cannot write to standard output: No space left on device\n"
    "\n"
    "hint: free some disk space, or send the output to another disk\n";

using Arguments = std::vector<std::string>;

/// A call of each command that prints data; nullopt for a command that prints none.
const std::map<std::string, std::optional<Arguments>, std::less<>> kCalls = {
    {"init", {{"init", "--name", "other", "--stdout"}}},
    {"lock", {{"lock", "demo", "--json"}}},
    {"diff", {{"diff", "demo", "demo"}}},
    {"fetch", {{"fetch", "demo", "--json"}}},
    {"render", {{"render", "demo", "--stdout"}}},
    {"build", {{"build", "demo"}}},
    {"verify", {{"verify", "demo"}}},
    {"bump", {{"bump", "demo", "--no-build"}}},
    {"serve", std::nullopt},  // runs until it is stopped; serve_test.cpp
    {"check", {{"check", "demo"}}},
    {"scan", {{"scan", "src"}}},
    {"matrix", {{"matrix", "src"}}},
    {"bisect", {{"bisect", "torch.Module"}}},
    {"range", {{"range", "src"}}},
    {"train", {{"train", "demo"}}},
    {"runs", {{"runs"}}},
    {"logs", {{"logs", "last"}}},
    {"stop", {{"stop", "last", "--json"}}},
    {"store", {{"store", "list"}}},
    {"fabric", {{"fabric"}}},
    {"guard", std::nullopt},
    {"manual", std::nullopt},
    {"doctor", {{"doctor"}}},
};

Arguments bash(const std::string& script, const Arguments& arguments) {
  Arguments argv = {"bash", "-c", script, "bash", LAUNCH_PROGRAM};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

Arguments to_full_disk(const Arguments& arguments) {
  return bash("\"$@\" > /dev/full", arguments);
}

/// Its standard output is a pipe without a reader.
Arguments to_nobody(const Arguments& arguments) {
  return bash("exec 3> >(exit); wait $!; \"$@\" >&3", arguments);
}

class Help : public ::testing::TestWithParam<Arguments> {
 protected:
  Scenario scenario_;
};

TEST_P(Help, OnAFullDiskIsAnError) {
  const auto full = scenario_.run(to_full_disk(GetParam()));
  EXPECT_EQ(full.code, 3);
  EXPECT_EQ(full.err, kFull);
}

TEST_P(Help, WithoutAReaderIsNoError) {
  const auto unread = scenario_.run(to_nobody(GetParam()));
  EXPECT_EQ(unread.code, 0);
  EXPECT_EQ(unread.err, "");
}

std::vector<Arguments> help_of_every_command() {
  std::vector<Arguments> calls = {{"--help"}, {"--version"}};
  for (const auto& command : cli::command_table()) calls.push_back({std::string(command.name), "--help"});
  return calls;
}

INSTANTIATE_TEST_SUITE_P(StandardOutput, Help, ::testing::ValuesIn(help_of_every_command()),
                         [](const auto& info) {
                           auto name = info.param.front();
                           std::erase(name, '-');
                           return name;
                         });

TEST(StandardOutput, EveryCommandIsCalledHere) {
  for (const auto& command : cli::command_table()) EXPECT_TRUE(kCalls.contains(command.name)) << command.name;
}

TEST(StandardOutput, ThatIsClosedIsAnError) {
  const Scenario scenario;
  const auto closed = scenario.run(bash("\"$@\" >&-", {"--version"}));
  EXPECT_EQ(closed.code, 3);
  EXPECT_EQ(closed.err, "error: cannot write to standard output: Bad file descriptor\n");
}

class Data : public ::testing::TestWithParam<Arguments> {
 protected:
  /// Everything is locked, built and fetched, and a run has ended, so that a command says the same each time.
  Data() {
    for (const auto* command : {"lock", "fetch", "build"}) {
      EXPECT_EQ(demo_.launch({command, "demo"}).code, 0) << command;
    }
    demo_.scenario.write("engine/fault", "talks");
    EXPECT_EQ(demo_.launch({"train", "demo"}).code, 0);
  }

  DemoProject demo_;
};

TEST_P(Data, OnAFullDiskIsAnError) {
  const auto code = demo_.scenario.launch(GetParam()).code;
  const auto full = demo_.scenario.run(to_full_disk(GetParam()));
  EXPECT_EQ(full.code, code == 0 ? 3 : code) << "a command that fails keeps its code";
  EXPECT_THAT(full.err, EndsWith(kFull));
}

TEST_P(Data, WithoutAReaderIsNoError) {
  const auto read = demo_.scenario.launch(GetParam());
  EXPECT_NE(read.out, "");
  const auto unread = demo_.scenario.run(to_nobody(GetParam()));
  EXPECT_EQ(unread.code, read.code);
  EXPECT_EQ(unread.err, read.err);
}

std::vector<Arguments> calls_with_data() {
  std::vector<Arguments> calls;
  for (const auto& [name, call] : kCalls) {
    if (call) calls.push_back(*call);
  }
  return calls;
}

INSTANTIATE_TEST_SUITE_P(StandardOutput, Data, ::testing::ValuesIn(calls_with_data()),
                         [](const auto& info) { return info.param.front(); });

}  // namespace
}  // namespace launch::scenarios
