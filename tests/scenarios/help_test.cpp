// The complete output of --help. The texts are in tests/data/cli/help; LAUNCH_UPDATE_HELP=1 rewrites them:
//   LAUNCH_UPDATE_HELP=1 build/dev/tests/scenarios/help_scenarios
#include <cstdlib>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "cli/command_table.hpp"
#include "fakes/files.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {
namespace {

/// Of the program itself.
constexpr const char* kProgram = "launch";

std::filesystem::path folder() {
  return std::filesystem::path(LAUNCH_TEST_DATA) / "cli/help";
}

std::vector<std::string> names() {
  std::vector<std::string> all = {kProgram};
  for (const auto& command : cli::command_table()) all.emplace_back(command.name);
  return all;
}

class HelpText : public ::testing::TestWithParam<std::string> {};

TEST_P(HelpText, IsTheOneInTheTestsData) {
  const Scenario scenario;
  const auto& name = GetParam();
  const auto done = scenario.launch(name == kProgram ? std::vector<std::string>{"--help"}
                                                     : std::vector<std::string>{name, "--help"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "");
  const auto file = folder() / (name + ".txt");
  if (std::getenv("LAUNCH_UPDATE_HELP") != nullptr) {
    ASSERT_TRUE(write_file(file, done.out));
  }
  EXPECT_EQ(done.out, read_file(file).value_or("")) << "LAUNCH_UPDATE_HELP=1 writes " << file;
}

INSTANTIATE_TEST_SUITE_P(Commands, HelpText, ::testing::ValuesIn(names()),
                         [](const auto& info) { return info.param; });

TEST(HelpTexts, AreOfCommandsThatExist) {
  const auto all = names();
  const std::set<std::string> known(all.begin(), all.end());
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    EXPECT_TRUE(known.contains(entry.path().stem().string())) << entry.path();
  }
}

}  // namespace
}  // namespace launch::scenarios
