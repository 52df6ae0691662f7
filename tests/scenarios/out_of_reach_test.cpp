#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "scenarios/lock_scenario.hpp"

namespace launch::scenarios {
namespace {

/// Locks without a registry: none answers at the address in launch.toml.
class OutOfReach : public LockScenario {
 protected:
  static constexpr const char* kCuda = "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04";
  void lose_registry() {
    scenario_.write("launch.toml",
                    "[[registry]]\nprefix = \"docker.io\"\nlocation = \"127.0.0.1:1\"\n"
                    "insecure = true\n");
  }
  void base(const std::string& python, const std::string& from) {
    scenario_.write(
        "recipes/demo.toml",
        fmt::format("python = \"{}\"\npackages = [\"app\"]\n[image]\nfrom = \"{}\"\n", python, from));
  }
  static std::string refused_at(const std::string& path) {
    return fmt::format(
        "asking its registry failed: cannot fetch http://127.0.0.1:1/v2/{}: cannot connect to "
        "127.0.0.1:1: Connection refused",
        path);
  }
  /// The line of the lock with the state of apt's archive.
  std::string snapshot() const {
    return std::regex_replace(lock(), std::regex("[^]*\n(snapshot = [^\n]*\n)[^]*"), "$1");
  }
  static std::string notice(const std::string& warning, const std::string& python,
                            const std::string& became) {
    return fmt::format(
        "warning: {}\nlocked 2 packages (1.7 kB) for Python {} on linux-x86_64 in [TIME]\n{}\n", warning,
        python, became);
  }
};

TEST_F(OutOfReach, WhatTheTableDoesNotSayOfADigestIsSaid) {
  lose_registry();
  const auto locked = [&](const std::string& tag, const std::string& platforms,
                          const std::string& python = "3.12") {
    scenario_.write("recipes/demo.toml",
                    fmt::format("python = \"{}\"\nplatforms = [{}]\npackages = [\"app\"]\n[image]\n"
                                "from = \"docker.io/nvidia/cuda:{}\"\n",
                                python, platforms, tag));
    const auto done = scenario_.launch({"lock", "demo", "--upgrade"});
    EXPECT_EQ(done.code, 0);
    return done.err.substr(0, done.err.find('\n'));
  };
  const auto warning = [](const std::string& tag) {
    return fmt::format(
        "warning: base image digest of docker.io/nvidia/cuda:{0} taken from launch's table, as {1}; the "
        "table "
        "does not say whether it serves linux/",
        tag, refused_at("nvidia/cuda/manifests/" + tag));
  };
  const std::string unsaid = "12.4.1-devel-ubuntu22.04";
  EXPECT_EQ(locked(unsaid, "\"linux-x86_64\"", "3.10"), warning(unsaid) + "amd64");
  EXPECT_THAT(lock(), testing::Not(testing::HasSubstr("[tool.launch.base.platforms]")));
  const std::string index = "12.8.1-base-ubuntu24.04";
  EXPECT_EQ(locked(index, "\"linux-x86_64\", \"linux-aarch64\""), warning(index) + "arm64");
}

TEST_F(OutOfReach, TheBaseIsThatOfTheTable) {
  lose_registry();
  base("3.12", kCuda);
  const auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            notice(fmt::format("base image digest of {} taken from launch's table, as {}", kCuda,
                               refused_at("nvidia/cuda/manifests/12.8.1-base-ubuntu24.04")),
                   "3.12", "lockfiles/pylock.demo.toml is new\nnot verified yet: run `launch verify demo`"));
  EXPECT_THAT(lock(),
              testing::EndsWith("[tool.launch.base]\n"
                                "image = \"docker.io/nvidia/cuda\"\n"
                                "tag = \"12.8.1-base-ubuntu24.04\"\n"
                                "digest = \"sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab4"
                                "02d86e2\"\n"
                                "distribution = \"ubuntu 24.04\"\n" +
                                snapshot() +
                                "python = \"3.12\"\n"
                                "\n"
                                "[tool.launch.base.platforms]\n"
                                "\"linux/amd64\" = \"sha256:e711c99333fdfe8ae1e677b4972be6c5021f0128a1d31f775"
                                "c7e58d88921b6a9\"\n"));
  const auto again = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(again.err,
            "locked 2 packages (1.7 kB) for Python 3.12 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml is unchanged\n");
}

TEST_F(OutOfReach, TheBaseIsThatOfThePreviousLock) {
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  const auto before = lock();
  lose_registry();
  const auto done = scenario_.launch({"lock", "demo", "--upgrade"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            notice("base image digest of docker.io/library/debian:12 taken from the previous lock, as " +
                       refused_at("library/debian/manifests/12"),
                   "3.11", "lockfiles/pylock.demo.toml is unchanged"));
  EXPECT_EQ(lock(), before);
}

TEST_F(OutOfReach, TheBaseIsThatOfTheRecipe) {
  lose_registry();
  base("3.11", "docker.io/library/debian:12@sha256:" + std::string(64, 'd'));
  const auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err,
              testing::StartsWith("warning: base image digest of docker.io/library/debian:12 taken from "
                                  "recipes/demo.toml, as asking its registry failed: "));
  EXPECT_THAT(lock(), testing::HasSubstr("digest = \"sha256:" + std::string(64, 'd') + "\"\n"));
}

TEST_F(OutOfReach, TheBaseIsLeftOpenAndFilledInLater) {
  const auto good = scenario_.read("launch.toml");
  lose_registry();
  const auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            notice("base image digest of docker.io/library/debian:12 left open, as " +
                       refused_at("library/debian/manifests/12") +
                       "; to fill it in before the image is built, run `launch lock demo` once a "
                       "registry has it for this user ([[registry]] in launch.toml can name a mirror)",
                   "3.11", "lockfiles/pylock.demo.toml is new\nnot verified yet: run `launch verify demo`"));
  EXPECT_THAT(lock(),
              testing::EndsWith("[tool.launch.base]\nimage = \"docker.io/library/debian\"\ntag = \"12\"\n"
                                "distribution = \"debian 12\"\n" +
                                snapshot() + "python = \"3.11\"\n"));
  for (const auto* command : {"render", "build"}) {
    const auto asked = scenario_.launch({command, "demo"});
    EXPECT_EQ(asked.code, 2);
    EXPECT_EQ(asked.err,
              "error: the lock [ROOT]/lockfiles/pylock.demo.toml leaves the digest of the base image "
              "docker.io/library/debian:12 open\n\nhint: run `launch lock demo` to fill it in\n");
  }
  scenario_.write("launch.toml", good);
  const auto filled = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(filled.code, 0);
  EXPECT_THAT(filled.err, testing::HasSubstr("lockfiles/pylock.demo.toml has changed:\n"
                                             "  base image's digest none → sha256:"));
  EXPECT_EQ(scenario_.launch({"render", "demo"}).code, 0);
}

TEST_F(LockScenario, ARegistryThatWantsALogin) {
  const auto digest = registry_.offer("team/base", "1", {"PYTHON_VERSION=3.11.2"});
  registry_.server().require("Basic dXNlcjpzZWNyZXQ=");
  scenario_.write("launch.toml", scenario_.read("launch.toml") +
                                     fmt::format("[[registry]]\nprefix = \"{0}\"\nlocation = \"{0}\"\n"
                                                 "insecure = true\n",
                                                 registry_.location()));
  scenario_.write("recipes/demo.toml", fmt::format("python = \"3.11\"\npackages = [\"app\"]\n[image]\n"
                                                   "python = \"base\"\nfrom = \"{}/team/base:1\"\n",
                                                   registry_.location()));
  const auto refused = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(refused.code, 0);
  EXPECT_EQ(
      refused.err.substr(0, refused.err.find('\n')),
      "warning: base image digest of [REGISTRY]/team/base:1 left open, as its registry does not let this "
      "user read it: the registry returned 401 for http://[REGISTRY]/v2/team/base/manifests/1, expected a "
      "manifest (200); check the image's name, run `podman login` or `docker login` for its registry, or "
      "add a mirror to launch.toml: [[registry]] prefix = \"docker.io\", location = \"HOST:PORT\"; to "
      "fill it in before the image is built, run `launch lock demo` once a registry has it for this user "
      "([[registry]] in launch.toml can name a mirror)");
  scenario_.write("auth.json", fmt::format(R"({{"auths": {{"{}": {{"auth": "dXNlcjpzZWNyZXQ="}}}}}})",
                                           registry_.location()));
  scenario_.set("REGISTRY_AUTH_FILE", scenario_.root() / "auth.json");
  EXPECT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  EXPECT_EQ(base_digest(), digest);
}

TEST_F(LockScenario, ARegistryWithoutTheImage) {
  scenario_.write(
      "recipes/demo.toml",
      "python = \"3.13\"\npackages = [\"app\"]\n[image]\nfrom = \"docker.io/library/debian:13\"\n");
  const auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "warning: base image digest of docker.io/library/debian:13 left open, as its registry does not "
            "have it; "
            "to fill it in before the image is built, run `launch lock demo` once a registry has it for this "
            "user ([[registry]] in launch.toml can name a mirror)\n"
            "locked 2 packages (1.7 kB) for Python 3.13 on linux-x86_64 in [TIME]\n"
            "lockfiles/pylock.demo.toml is new\n"
            "not verified yet: run `launch verify demo`\n");
}

}  // namespace
}  // namespace launch::scenarios
