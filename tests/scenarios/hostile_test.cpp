#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fakes/index_server.hpp"
#include "fakes/raw_server.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {
namespace {

/// Text from outside that would act on the terminal, in each place from where it could come.
class HostileText : public ::testing::Test {
 protected:
  HostileText() {
    scenario_.set("LAUNCH_INDEX_URL", index_.url());
    scenario_.set("UV_NO_CONFIG", "1");
    scenario_.hide(index_.url(), "[INDEX]");
  }

  /// What the command said, of which every character may go to a terminal.
  std::string error_of(const std::vector<std::string>& arguments) const {
    const auto done = scenario_.launch(arguments);
    EXPECT_TRUE(is_utf8(done.err));
    EXPECT_TRUE(std::ranges::all_of(lines(done.err), [](auto line) { return printable(line) == line; }));
    return done.err;
  }

  Scenario scenario_;
  fakes::IndexServer index_;
};

TEST_F(HostileText, OfAnArgument) {
  EXPECT_EQ(error_of({"lo\x1b[31mck"}), "");
  EXPECT_EQ(error_of({"-C", "a\nhint: b\xff", "lock", "demo"}), "");
}

TEST_F(HostileText, OfAFolder) {
  const std::string name = "a\x1b]0;pwned\a\x9b\x33m";
  std::filesystem::create_directories(scenario_.place(name));
  EXPECT_EQ(error_of({"scan", name}), "");
}

TEST_F(HostileText, OfAnEngine) {
  scenario_.write("recipes/demo.toml",
                  "python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n"
                  "[train]\ncommand = [\"train.py\"]\nnodes = 1\ngpus = 0\n");
  EXPECT_EQ(error_of({"doctor", "--nothing\x1b[2J"}), "");
  scenario_.set("LAUNCH_ENGINE", "/a\x1b[31mb/podman");
  EXPECT_EQ(error_of({"build", "demo"}), "");
}

TEST_F(HostileText, OfARecipe) {
  scenario_.write("recipes/demo.toml", "python = \"3.11\\u001b[31m\"\nplatforms = [\"linux-x86_64\"]\n");
  EXPECT_EQ(error_of({"lock", "demo"}), "");
  scenario_.write("recipes/demo.toml", "\"a\\u001b[31m\\nhint: b\" = 1\n");
  EXPECT_EQ(error_of({"lock", "demo"}), "");
}

TEST_F(HostileText, OfAWheel) {
  const auto wheel = index_.add({.name = "torch",
                                 .version = "2.3.1",
                                 .files = {{"torch/__init__.py", "x = 1\n"}},
                                 .tags = "cp311-cp311-manylinux_2_28_x86_64",
                                 .metadata = "Metadata-Version: 2.1\nName: torch\nVersion: 2\x1b[31m.3.1\n"});
  scenario_.write("recipes/demo.toml",
                  "python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"torch\"]\n");
  EXPECT_EQ(error_of({"lock", "demo"}), "");
}

TEST_F(HostileText, OfAServer) {
  const fakes::RawServer redirecting(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/a\x1b[31m\xff\r\nContent-Length: 0\r\n\r\n");
  const fakes::RawServer typed(
      "HTTP/1.1 200 OK\r\nContent-Type: a\x1b[31m\xff\r\nContent-Length: 2\r\n\r\n{}");
  scenario_.write("recipes/demo.toml",
                  "python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"torch\"]\n");
  for (const auto* server : {&redirecting, &typed}) {
    scenario_.set("LAUNCH_INDEX_URL", server->url());
    scenario_.hide(server->url(), "[SERVER]/");
    EXPECT_EQ(error_of({"lock", "demo"}), "");
  }
}

}  // namespace
}  // namespace launch::scenarios
