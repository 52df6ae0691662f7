#include <ostream>

#include <gtest/gtest.h>

#include "cli/command_table.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {
namespace {

constexpr std::string_view kFull =
    "error: cannot write to standard output: No space left on device\n"
    "\n"
    "hint: free some disk space, or send the output to another disk\n";

/// Standard output where every command's --help and --version go.
class StandardOutput : public ::testing::TestWithParam<std::vector<std::string>> {
 protected:
  /// `shell` is bash, with the command in "$@".
  Outcome run(const std::string& shell, const std::vector<std::string>& arguments) {
    std::vector<std::string> argv = {"bash", "-c", shell, "bash", LAUNCH_PROGRAM};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return scenario_.run(argv);
  }

  Scenario scenario_;
};

TEST_P(StandardOutput, OnAFullDiskIsAnError) {
  const auto full = run("\"$@\" > /dev/full", GetParam());
  EXPECT_EQ(full.code, 3);
  EXPECT_EQ(full.err, kFull);
}

TEST_P(StandardOutput, WithoutAReaderIsNoError) {
  const auto unread = run("exec 3> >(exit); wait $!; \"$@\" >&3", GetParam());
  EXPECT_EQ(unread.code, 0);
  EXPECT_EQ(unread.err, "");
}

TEST_P(StandardOutput, ThatIsClosedIsAnError) {
  const auto closed = run("\"$@\" >&-", GetParam());
  EXPECT_EQ(closed.code, 3);
  EXPECT_EQ(closed.err, "error: cannot write to standard output: Bad file descriptor\n");
}

std::vector<std::vector<std::string>> help_of_every_command() {
  std::vector<std::vector<std::string>> calls = {{"--help"}, {"--version"}};
  for (const auto& command : cli::command_table()) calls.push_back({std::string(command.name), "--help"});
  return calls;
}

INSTANTIATE_TEST_SUITE_P(Help, StandardOutput, ::testing::ValuesIn(help_of_every_command()),
                         [](const auto& info) {
                           auto name = info.param.front();
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace launch::scenarios
