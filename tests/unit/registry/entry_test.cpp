#include "registry/entry.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/files.hpp"
#include "fakes/memory_http.hpp"
#include "net/status.hpp"
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

  fakes::MemoryHttp http;

  EntryTest() {
    configure(kConfiguration);
    for (const std::string host : {"127.0.0.1:5000", "plain.example"})
      http.break_off(fmt::format("https://{}/v2/", host), environment_error(std::string(net::kNoTls)));
  }
  void configure(const std::string& text) const { EXPECT_TRUE(write_file(file, text)); }
  Directions directions() { return {mirrors, environment, runner, http}; }

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

/// containers-registries.conf(5), "insecure".
TEST_F(EntryTest, AnInsecureRegistryIsSpokenToOverTlsIfItAnswersSo) {
  mirrors = {{"docker.io", "secure.example", true}, {"quay.example", "self.example", true}};
  configure("[[registry]]\nlocation = \"self.example/b\"\ninsecure = true\n");
  http.on("https://self.example/v2/", [](const net::HttpRequest& request) -> Result<fakes::MemoryAnswer> {
    EXPECT_TRUE(request.once);
    if (!request.trust || !request.trust->unverified)
      return fail(environment_error(fmt::format("{}: self-signed certificate", net::kUntrusted)));
    return fakes::MemoryAnswer{.status = 401};
  });
  log_start(LogLevel::info, false);
  testing::internal::CaptureStderr();
  const auto secure = entry_to_push("secure.example/a", directions()).value();
  EXPECT_EQ(secure.place.base.text(), "https://secure.example/v2/a");
  EXPECT_EQ(secure.access.trust, nullptr) << "its certificate is trusted";
  for (const std::string name : {"self.example/a", "self.example/b/c"}) {
    const auto entry = entry_to_push(name, directions()).value();
    EXPECT_EQ(entry.place.base.text(), "https://self.example/v2/" + name.substr(13));
    EXPECT_TRUE(entry.access.trust && entry.access.trust->unverified) << name;
    if (mirrors.size() == 2) mirrors.pop_back();
  }
  EXPECT_EQ(
      testing::internal::GetCapturedStderr(),
      fmt::format("warning: the certificate of self.example is not verified, as launch.toml says (insecure = "
                  "true)\nwarning: the certificate of self.example is not verified, as {} says (insecure = "
                  "true)\n",
                  file.string()));
  EXPECT_EQ(pushed("self.example/a"), "https://self.example/v2/a");
  EXPECT_EQ(entry_to_push("self.example/a", directions())->access.trust, nullptr)
      << "nobody says that it is insecure";
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
