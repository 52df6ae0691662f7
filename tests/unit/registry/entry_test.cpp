#include "registry/entry.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch::registry {
namespace {

using testing::ElementsAre;

constexpr const char* kConfiguration =
    "[[registry]]\nprefix = \"docker.io\"\nlocation = \"hub.example\"\n"
    "[[registry.mirror]]\nlocation = \"one.example\"\n"
    "[[registry.mirror]]\nlocation = \"127.0.0.1:5000\"\ninsecure = true\n"
    "[[registry]]\nlocation = \"plain.example\"\ninsecure = true\n"
    "[[registry]]\nlocation = \"bad.example\"\nblocked = true\n";

struct EntryTest : testing::Test {
  test::Scratch scratch;
  fakes::FakeRunner runner;
  std::filesystem::path file = scratch / ".config/containers/registries.conf";
  Environment environment{{{"HOME", scratch.path()}, {"XDG_RUNTIME_DIR", scratch / "run"}}};
  std::vector<specs::RegistryMirror> mirrors;

  EntryTest() { configure(kConfiguration); }
  void configure(const std::string& text) const { EXPECT_TRUE(write_file(file, text)); }
  Directions directions() { return {mirrors, environment, runner}; }

  /// The addresses that are asked for an image until `has` is true of one.
  std::vector<std::string> asked(std::string_view name,
                                 const std::function<Result<bool>(const std::string&)>& has) {
    std::vector<std::string> out;
    const auto found = ask_in_turn(name, specs::NamedBy::tag, directions(), [&](const Entry& entry) {
      out.push_back(entry.place.base.text());
      return has(entry.place.host);
    });
    out.push_back(found ? (*found ? "found" : "not found") : found.error().text());
    return out;
  }
  std::string pushed(std::string_view name) {
    const auto entry = entry_to_push(name, directions());
    return entry ? entry->place.base.text() : entry.error().text();
  }
};

TEST_F(EntryTest, MirrorsAreAskedBeforeTheRegistryUntilOneHasTheImage) {
  log_start(LogLevel::info, false);
  testing::internal::CaptureStderr();
  EXPECT_THAT(asked("docker.io/a/b", [](const std::string& host) { return host == "127.0.0.1:5000"; }),
              ElementsAre("https://one.example/v2/a/b", "http://127.0.0.1:5000/v2/a/b", "found"));
  EXPECT_THAT(asked("docker.io/a/b", [](const std::string&) { return false; }),
              ElementsAre("https://one.example/v2/a/b", "http://127.0.0.1:5000/v2/a/b",
                          "https://hub.example/v2/a/b", "not found"));
  EXPECT_THAT(asked("docker.io/a/b",
                    [](const std::string& host) -> Result<bool> {
                      return fail(environment_error(host + " is broken"));
                    }),
              ElementsAre("https://one.example/v2/a/b", "http://127.0.0.1:5000/v2/a/b",
                          "https://hub.example/v2/a/b", "error: hub.example is broken\n"));
  EXPECT_THAT(asked("quay.example/a/b", [](const std::string&) { return true; }),
              ElementsAre("https://quay.example/v2/a/b", "found"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            fmt::format("one.example/a/b does not have docker.io/a/b; asking 127.0.0.1:5000/a/b\n"
                        "docker.io/a/b comes from 127.0.0.1:5000/a/b, as {0} says\n"
                        "one.example/a/b does not have docker.io/a/b; asking 127.0.0.1:5000/a/b\n"
                        "127.0.0.1:5000/a/b does not have docker.io/a/b; asking hub.example/a/b\n"
                        "warning: one.example/a/b, a mirror of docker.io/a/b in {0}, failed: one.example is "
                        "broken\n"
                        "warning: 127.0.0.1:5000/a/b, a mirror of docker.io/a/b in {0}, failed: "
                        "127.0.0.1:5000 is broken\n",
                        file.string()));
}

TEST_F(EntryTest, TheSiteComesFirst) {
  mirrors = {{"docker.io/a", "site.example", false}};
  const auto never = [](const std::string&) { return false; };
  EXPECT_THAT(asked("docker.io/a/b", never), ElementsAre("https://site.example/v2/b", "not found"));
  configure("[[registry]\n");
  EXPECT_THAT(asked("docker.io/a/b", never), ElementsAre("https://site.example/v2/b", "not found"));
}

TEST_F(EntryTest, APushGoesToTheNameItself) {
  mirrors = {{"docker.io", "127.0.0.1:5000", true}};
  EXPECT_EQ(pushed("127.0.0.1:5000/a/b"), "http://127.0.0.1:5000/v2/a/b");
  EXPECT_EQ(pushed("127.0.0.1:5001/a/b"), "https://127.0.0.1:5001/v2/a/b");
  EXPECT_EQ(pushed("plain.example/a/b"), "http://plain.example/v2/a/b");
  EXPECT_EQ(pushed("docker.io/a/b"), "https://registry-1.docker.io/v2/a/b");
}

TEST_F(EntryTest, ABlockedRegistryIsNeitherAskedNorPushedTo) {
  const auto message = fmt::format(
      "error: bad.example/a is blocked by {}\n\nhint: remove `blocked` there, or name a mirror in "
      "launch.toml: "
      "[[registry]]\n",
      file.string());
  EXPECT_EQ(pushed("bad.example/a"), message);
  EXPECT_THAT(asked("bad.example/a", [](const std::string&) { return true; }), ElementsAre(message));
}

TEST_F(EntryTest, AFileThatCannotBeParsedIsNamedWithItsLine) {
  configure("\n[[registry]]\nlocation = 7\n");
  EXPECT_EQ(pushed("registry.example/a"),
            fmt::format("error: {}:3:12: [[registry]] location: expected a string, found an integer\n"
                        "  while looking up how to reach registry.example/a\n",
                        file.string()));
}

}  // namespace
}  // namespace launch::registry
