#include "registry/credentials.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/files.hpp"
#include "fakes/memory_http.hpp"
#include "registry/entry.hpp"
#include "unit/base/scratch.hpp"

namespace launch::registry {
namespace {

using testing::ElementsAre;

struct CredentialsTest : testing::Test {
  test::Scratch scratch;
  fakes::FakeRunner runner;
  fakes::MemoryHttp http;
  std::map<std::string, std::string, std::less<>> variables = {{"HOME", scratch / "home"},
                                                               {"XDG_RUNTIME_DIR", scratch / "run"}};

  void put(const std::string& path, const std::string& text) {
    ASSERT_TRUE(write_file(scratch / path, text));
  }
  static std::string entry(const std::string& key, const std::string& user) {
    return fmt::format(R"("{}": {{"auth": "{}"}})", key, base64_encode(user + ":pass:word"));
  }
  static std::string auths(const std::string& entries, const std::string& more = "") {
    return fmt::format(R"({{"auths": {{{}}}{}}})", entries, more);
  }
  Result<std::optional<Login>> find(const std::string& name) {
    return find_login(name, Environment(variables), runner);
  }
  std::string user(const std::string& name) {
    const auto login = find(name);
    if (!login) return login.error().text();
    return *login ? (*login)->user : "(none)";
  }
};

TEST_F(CredentialsTest, AreLookedForWherePodmanAndDockerKeepThem) {
  EXPECT_EQ(user("registry.example/a"), "(none)");
  put("home/.docker/config.json", auths(entry("registry.example", "docker")));
  EXPECT_EQ(user("registry.example/a"), "docker");
  put("docker/config.json", auths(entry("registry.example", "other-docker")));
  variables["DOCKER_CONFIG"] = scratch / "docker";
  EXPECT_EQ(user("registry.example/a"), "other-docker");
  put("home/.config/containers/auth.json", auths(entry("registry.example", "home")));
  EXPECT_EQ(user("registry.example/a"), "home");
  put("config/containers/auth.json", auths(entry("registry.example", "config")));
  variables["XDG_CONFIG_HOME"] = scratch / "config";
  EXPECT_EQ(user("registry.example/a"), "config");
  put("run/containers/auth.json", auths(entry("elsewhere.example", "run")));
  EXPECT_EQ(user("registry.example/a"), "config");
  put("run/containers/auth.json", auths(entry("registry.example", "run")));
  EXPECT_EQ(user("registry.example/a"), "run");
  put("only.json", "");
  variables["REGISTRY_AUTH_FILE"] = scratch / "only.json";
  EXPECT_EQ(user("registry.example/a"), "(none)");
}

TEST_F(CredentialsTest, AMirrorGetsItsOwnAndNeverThoseOfTheRegistryItStandsFor) {
  put("run/containers/auth.json", auths(entry("docker.io", "hub") + "," + entry("mirror.example", "mirror")));
  const auto user_of = [&](std::string_view name, std::vector<specs::RegistryMirror> mirrors) {
    const Environment environment(variables);
    const Directions directions{mirrors, environment, runner, http};
    const auto places = places_to_pull(name, specs::NamedBy::tag, directions);
    if (!places) return places.error().text();
    const auto found = entry_at(places->front(), directions);
    if (!found) return found.error().text();
    return found->place.host + " " + (found->access.login ? found->access.login->user : "(none)");
  };
  EXPECT_EQ(user_of("docker.io/nvidia/cuda", {}), "registry-1.docker.io hub");
  EXPECT_EQ(user_of("docker.io/nvidia/cuda", {{"docker.io", "mirror.example/hub", false}}),
            "mirror.example mirror");
  EXPECT_EQ(user_of("docker.io/nvidia/cuda", {{"docker.io", "other.example", true}}), "other.example (none)");
  const Environment environment(variables);
  const auto pushed = entry_to_push("mirror.example/team/demo", {{}, environment, runner, http});
  ASSERT_TRUE(pushed) << pushed.error().text();
  EXPECT_EQ(pushed->access.login->user, "mirror");
}

TEST_F(CredentialsTest, TheMostSpecificEntryCounts) {
  put("run/containers/auth.json",
      auths(entry("registry.example/team/demo", "demo") + "," + entry("registry.example/team", "team") + "," +
            entry("registry.example", "all") + "," + entry("https://old.example/v1/", "old") + "," +
            entry("https://index.docker.io/v1/", "hub") + R"(,"empty.example":{})"));
  EXPECT_EQ(user("registry.example/team/demo"), "demo");
  EXPECT_EQ(user("registry.example/team/demo2"), "team");
  EXPECT_EQ(user("registry.example/team"), "team");
  EXPECT_EQ(user("registry.example/teams/x"), "all");
  EXPECT_EQ(user("registry.example:5000/team"), "(none)");
  EXPECT_EQ(user("old.example/x"), "old");
  EXPECT_EQ(user("docker.io/library/debian"), "hub");
  EXPECT_EQ(user("empty.example/x"), "(none)");
  EXPECT_EQ((*find("registry.example/x"))->password, "pass:word");
}

TEST_F(CredentialsTest, HelpersAreAsked) {
  put("run/containers/auth.json",
      auths(entry("registry.example", "file") + "," + entry("plain.example", "plain"),
            R"(,"credHelpers": {"registry.example": "one"}, "credsStore": "all")"));
  std::vector<std::string> inputs;
  runner.before = [&](const ProcessSpec& spec) { inputs.push_back(spec.input); };
  runner.on("docker-credential-one get", {.out = R"({"ServerURL":"x","Username":"helped","Secret":"s"})"});
  runner.on("docker-credential-all get", {.out = R"({"Username":"<token>","Secret":"t"})"});
  EXPECT_EQ(user("registry.example/a"), "helped");
  EXPECT_EQ(user("plain.example/a"), "plain");
  EXPECT_EQ(find("docker.io/a/b").value(), (Login{{}, {}, "t"}));
  EXPECT_THAT(inputs, ElementsAre("registry.example\n", "https://index.docker.io/v1/\n"));
}

TEST_F(CredentialsTest, HelpersThatFailAreNamed) {
  put("run/containers/auth.json", R"({"credsStore": "all"})");
  const auto file = (scratch / "run/containers/auth.json").string();
  runner.on("docker-credential-all get",
            {.exit_code = 1, .out = "credentials not found in native keychain\n"});
  EXPECT_EQ(user("registry.example/a"), "(none)");
  fakes::FakeRunner none;
  const auto missing = find_login("registry.example/a", Environment(variables), none);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().text(),
            "error: docker-credential-all was not found\n  while reading the credentials of " + file + "\n");
}

TEST_F(CredentialsTest, AHelperThatFailsSaysWhatItSaid) {
  put("run/containers/auth.json", R"({"credsStore": "all"})");
  runner.on("docker-credential-all get", {.exit_code = 1, .err = "the keychain is locked\n"});
  EXPECT_EQ(find("registry.example/a").error().message(),
            "docker-credential-all failed for registry.example: exit code 1: \"the keychain is "
            "locked\"");
}

TEST_F(CredentialsTest, MalformedFilesAreErrors) {
  EXPECT_EQ(parse_auth_file("[]", "auth.json").error().message(), "auth.json is not a JSON object");
  EXPECT_EQ(parse_auth_file(R"({"credHelpers": {"a": "../evil"}})", "auth.json").error().message(),
            "auth.json: the helper of a is \"../evil\", expected a name");
  EXPECT_EQ(parse_auth_file(R"({"credsStore": "/evil"})", "auth.json").error().message(),
            "auth.json: credsStore is \"/evil\", expected a name");
  EXPECT_TRUE(parse_auth_file(R"({"auths": {"a": {"auth": "!"}, "b": 1}})", "auth.json")->logins.empty());
}

TEST_F(CredentialsTest, CertificatesAreFoundAsPodmanFindsThem) {
  const auto find = [&] {
    return find_trust("registry.example:5000", Environment(variables), scratch.path());
  };
  EXPECT_EQ(find().value(), nullptr);
  put("etc/docker/certs.d/registry.example:5000/ca.crt", "docker");
  EXPECT_EQ(find().value()->authorities, "docker\n");
  put("etc/containers/certs.d/registry.example:5000/a.crt", "one");
  put("etc/containers/certs.d/registry.example:5000/b.crt", "two");
  EXPECT_EQ(find().value()->authorities, "one\ntwo\n");
  put("home/.config/containers/certs.d/registry.example:5000/me.cert", "me");
  EXPECT_EQ(find().error().message(),
            fmt::format("{} has a .cert file without its .key file",
                        (scratch / "home/.config/containers/certs.d/registry.example:5000").string()));
  put("home/.config/containers/certs.d/registry.example:5000/me.key", "key");
  EXPECT_EQ(find().value()->certificate.filename(), "me.cert");
  EXPECT_EQ(find().value()->key.filename(), "me.key");
}

}  // namespace
}  // namespace launch::registry
