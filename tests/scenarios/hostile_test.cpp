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

  /// The command's output, every character of which must be safe for a terminal.
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
  EXPECT_EQ(error_of({"lo\x1b[31mck"}),
            "error: unknown command \"lo\\x1b[31mck\"\n\nhint: run `launch --help` to list the commands\n");
  EXPECT_EQ(error_of({"-C", "a\nhint: b\xff", "lock", "demo"}),
            "error: -C a\\x0ahint: b\\xff: no such folder\n");
}

TEST_F(HostileText, OfAFolder) {
  const std::string name = "a\x1b]0;pwned\a\x9b\x33m";
  std::filesystem::create_directories(scenario_.place(name));
  EXPECT_EQ(error_of({"scan", name}),
            "error: no Python files (*.py) found below a\\x1b]0;pwned\\x07\\x9b3m\n");
}

TEST_F(HostileText, OfTheEnvironment) {
  scenario_.write("recipes/demo.toml",
                  "python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n"
                  "[train]\ncommand = [\"train.py\"]\nnodes = 1\ngpus = 0\n");
  scenario_.set("LAUNCH_ENGINE", "/a\x1b[31mb/podman");
  EXPECT_EQ(error_of({"build", "demo"}),
            "error: LAUNCH_ENGINE is \"/a\\x1b[31mb/podman\", expected \"podman\" or \"docker\"\n");
}

TEST_F(HostileText, OfARecipe) {
  scenario_.write("recipes/demo.toml", "python = \"3.11\\u001b[31m\"\nplatforms = [\"linux-x86_64\"]\n");
  EXPECT_EQ(error_of({"lock", "demo"}),
            "error: recipes/demo.toml:1:10: python: unknown Python version \"3.11\\x1b[31m\": expected "
            "\"3.N\", such as \"3.12\"\n");
  scenario_.write("recipes/demo.toml", "\"a\\u001b[31m\\nhint: b\" = 1\n");
  EXPECT_EQ(error_of({"lock", "demo"}),
            "error: recipes/demo.toml:1:1: a\\x1b[31m\\x0ahint: b: unknown key\n\nhint: valid keys: extends, "
            "python, platforms, packages, from, torch, lock, index, image, verify and train\n");
}

TEST_F(HostileText, OfAWheel) {
  const auto wheel = index_.add({.name = "torch",
                                 .version = "2.3.1",
                                 .files = {{"torch/__init__.py", "x = 1\n"}},
                                 .tags = "cp311-cp311-manylinux_2_28_x86_64",
                                 .metadata = "Metadata-Version: 2.1\nName: torch\nVersion: 2\x1b[31m.3.1\n"});
  scenario_.write("recipes/demo.toml",
                  "python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"torch\"]\n");
  EXPECT_EQ(
      error_of({"lock", "demo"}),
      "error: the requirements of demo cannot be met for Python 3.11 on linux-x86_64:\n"
      "  Because demo requires torch and torch 2.3.1 cannot be used: the metadata belongs to a different "
      "wheel: expected torch 2.3.1, found torch 2\\x1b[31m.3.1, the requirements of demo cannot be met.\n");
}

TEST_F(HostileText, OfAServer) {
  const fakes::RawServer redirecting(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/a\xe2\x80\xae"
      "b\r\nContent-Length: 0\r\n\r\n");
  const fakes::RawServer typed(
      "HTTP/1.1 200 OK\r\nContent-Type: a\x1b[31m\xff\r\nContent-Length: 4\r\n\r\nnone");
  scenario_.write("recipes/demo.toml",
                  "python = \"3.11\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"torch\"]\n");
  const auto error_from = [&](const fakes::RawServer& server) {
    scenario_.set("LAUNCH_INDEX_URL", server.url());
    scenario_.hide(server.url(), "[SERVER]/");
    return error_of({"lock", "demo"});
  };
  EXPECT_EQ(error_from(redirecting),
            "error: cannot fetch [SERVER]/torch/: cannot connect to 127.0.0.1:1: Connection refused\n"
            "  while asking the index for torch\n");
  EXPECT_EQ(error_from(typed),
            "error: the page [SERVER]/torch/ is not an index page: expected JSON or HTML, found "
            "a\\x1b[31m\\xff\n"
            "  while asking the index for torch\n"
            "\n"
            "hint: try again; if that does not help, the index (or a proxy in front of it) is broken: open "
            "the address in a "
            "browser, or set another index (`launch doctor` shows where this one comes from)\n");
}

}  // namespace
}  // namespace launch::scenarios
