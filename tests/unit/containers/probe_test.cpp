#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.hpp"
#include "containers/engine_type.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"

namespace launch::containers {
namespace {

constexpr auto* podman_info =
    R"({"host": {"cgroupControllers": ["pids"], "security": {"rootless": false}},
        "store": {"graphDriverName": "overlay", "graphRoot": "/s"},
        "version": {"APIVersion": "4.3.1", "Version": "4.3.1"}})";
constexpr auto* docker_down = R"({"Client": {"Version": "28.2.2"}, "Server": null})";
constexpr auto* docker_words =
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";
constexpr auto* docker_asked = "docker version --format '{{json .}}'";

class Probe : public testing::Test {
 protected:
  Result<Engine> probe(std::optional<std::string> wanted, std::vector<specs::RegistryMirror> mirrors = {}) {
    return probe_engine(wanted, mirrors, scratch_, runner_, environment_, work_);
  }
  std::string error_of(std::optional<std::string> wanted) {
    auto engine = probe(std::move(wanted));
    return engine ? "" : engine.error().text();
  }
  void podman_works() {
    runner_.on("podman info --format json", {0, podman_info});
    runner_.on("podman build --help", {0, "  --timestamp int   x\n  --identity-label   y\n"});
  }
  void TearDown() override { std::filesystem::remove_all(scratch_); }

  fakes::FakeRunner runner_;
  fakes::FakeWork work_;
  std::filesystem::path scratch_ =
      std::filesystem::temp_directory_path() / ("launch-test-probe-" + std::to_string(getpid()));
  Environment environment_{{{"HOME", "/nonexistent"}}};
};

TEST_F(Probe, PodmanFirst) {
  podman_works();
  const auto engine = probe(std::nullopt);
  ASSERT_TRUE(engine) << engine.error().text();
  EXPECT_EQ(engine->info().name(), "podman");
  EXPECT_EQ(engine->info().version, "4.3.1");
  EXPECT_THAT(engine->info().features, testing::ElementsAre("build --identity-label", "build --timestamp"));
  EXPECT_TRUE(engine->info().lacking().empty());
  EXPECT_FALSE(std::filesystem::exists(scratch_));
}

TEST_F(Probe, DockerWhenPodmanIsNotThere) {
  runner_.on(docker_asked, {0, R"({"Server": {"Version": "28.2.1"}})"});
  runner_.on("docker info --format '{{json .}}'", {0, R"({"PidsLimit": true})"});
  runner_.on("docker buildx version", {0, "github.com/docker/buildx v0.20"});
  const auto engine = probe(std::nullopt);
  ASSERT_TRUE(engine) << engine.error().text();
  EXPECT_EQ(engine->info().name(), "docker");
  EXPECT_EQ(engine->info().version, "28.2.1");
  EXPECT_THAT(engine->info().features, testing::ElementsAre("buildx"));
  EXPECT_TRUE(engine->info().pids_limit);
}

TEST_F(Probe, DockerWithItsContainerdStore) {
  runner_.on(docker_asked, {0, R"({"Server": {"Version": "26.1.5+dfsg1"}})"});
  runner_.on(
      "docker info --format '{{json .}}'",
      {0, R"({"Driver": "overlayfs", "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]})"});
  const auto engine = probe(std::nullopt);
  ASSERT_TRUE(engine) << engine.error().text();
  EXPECT_THAT(engine->info().features, testing::ElementsAre("containerd image store"));
}

TEST_F(Probe, BuildKitWithoutBuildxIsInClientsBefore23) {
  for (const auto* client : {"20.10.24+dfsg1", "23.0.1", "28.2.2"}) {
    fakes::FakeRunner runner;
    runner.on(docker_asked, {0, std::string(R"({"Client": {"Version": ")") + client +
                                    R"("}, "Server": {"Version": "28.2.1"}})"});
    const auto engine = probe_engine("docker", {}, scratch_, runner, environment_, work_);
    ASSERT_TRUE(engine) << engine.error().text();
    EXPECT_THAT(engine->info().lacking(), testing::ElementsAre("buildx"));
    EXPECT_EQ(engine->info().has("BuildKit"), std::string_view(client).starts_with("20."));
  }
}

TEST_F(Probe, APathIsTakenAsItIs) {
  runner_.on("/opt/podman-5/podman info --format json", {0, podman_info});
  const auto engine = probe("/opt/podman-5/podman");
  ASSERT_TRUE(engine) << engine.error().text();
  EXPECT_EQ(engine->info().program, "/opt/podman-5/podman");
  EXPECT_THAT(engine->info().lacking(), testing::ElementsAre("build --timestamp"));
}

TEST_F(Probe, NothingIsInstalled) {
  EXPECT_EQ(error_of(std::nullopt),
            "error: no working container engine: podman is not installed; docker is not installed\n"
            "\n"
            "hint: install podman: apt-get install podman\n");
}

TEST_F(Probe, NoPodmanAndADockerWithoutDaemon) {
  runner_.on(docker_asked, {1, docker_down, docker_words});
  EXPECT_EQ(
      error_of(std::nullopt),
      "error: no working container engine: podman is not installed; docker is installed, but its daemon does "
      "not "
      "answer: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
      "running?\n"
      "\n"
      "hint: install podman: apt-get install podman\n"
      "hint: or start docker's daemon: systemctl start docker\n");
}

TEST_F(Probe, TheWantedOneIsTheOnlyOneTried) {
  podman_works();
  runner_.on(docker_asked, {1, docker_down, docker_words});
  EXPECT_EQ(
      error_of("docker"),
      "error: docker is installed, but its daemon does not answer: Cannot connect to the Docker daemon at "
      "unix:///var/run/docker.sock. Is the docker daemon running?\n"
      "\n"
      "hint: start docker's daemon: systemctl start docker\n");
  EXPECT_THAT(runner_.asked(), testing::ElementsAre(docker_asked));
}

TEST_F(Probe, WantedPodmanIsNotInstalled) {
  EXPECT_EQ(error_of("podman"),
            "error: podman is not installed\n"
            "\n"
            "hint: install podman: apt-get install podman\n");
  EXPECT_EQ(error_of("/opt/podman"),
            "error: /opt/podman cannot be started\n"
            "\n"
            "hint: use the path of a podman program\n");
}

TEST_F(Probe, DockerSocketIsForTheGroup) {
  runner_.on(docker_asked,
             {1, docker_down, "permission denied while trying to connect to the Docker daemon socket\n"});
  EXPECT_EQ(error_of("docker"),
            "error: docker's daemon denied access: permission denied while trying to connect to the Docker "
            "daemon socket\n"
            "\n"
            "hint: join the docker group and log in again: sudo usermod -aG docker $USER\n");
}

TEST_F(Probe, PodmanThatDoesNotWork) {
  runner_.on("podman info --format json", {125, "", "Error: database is locked\n"});
  EXPECT_EQ(error_of("podman"),
            "error: podman is installed but does not work: database is locked\n"
            "\n"
            "hint: find out why: podman info\n");
}

TEST_F(Probe, AnotherName) {
  const auto engine = probe("nerdctl");
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().text(),
            "error: 'nerdctl' is not an engine: expected podman, docker or a path to one of them\n");
  EXPECT_EQ(engine.error().kind(), ErrorKind::input);
}

TEST_F(Probe, MirrorsReachPodman) {
  podman_works();
  ASSERT_TRUE(write_file(scratch_ / "own.conf", "unqualified-search-registries = [\"quay.io\"]"));
  environment_ = Environment(
      {{"HOME", "/nonexistent"}, {"CONTAINERS_REGISTRIES_CONF", (scratch_ / "own.conf").string()}});
  const auto engine = probe("podman", {{"docker.io", "127.0.0.1:5000", true}, {"a\"\nx = \"", "b\\", false}});
  ASSERT_TRUE(engine) << engine.error().text();
  const std::string expected =
      "unqualified-search-registries = [\"quay.io\"]\n"
      "\n[[registry]]\nprefix = \"docker.io\"\nlocation = \"127.0.0.1:5000\"\ninsecure = true\n"
      "\n[[registry]]\nprefix = \"a\\\"\\u000Ax = \\\"\"\nlocation = \"b\\\\\"\n";
  std::string given;
  runner_.before = [&](const ProcessSpec& spec) {
    given = spec.environment.at("CONTAINERS_REGISTRIES_CONF");
  };
  runner_.on("podman image inspect x", {125, "[]", "Error: inspecting object: x: image not known\n"});
  const auto image = engine->find_image("x");
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_FALSE(*image);
  // By content, since a project with other mirrors may use podman at the same time.
  EXPECT_EQ(given, (scratch_ / ("registries-" + sha256_hex(expected).substr(0, 16) + ".conf")).string());
  EXPECT_EQ(read_file(given), expected);
  EXPECT_EQ(*engine->pull_name("docker.io/x", Digest::of("")), "docker.io/x");
}

TEST_F(Probe, ADockerPullsByTheNamesAtTheMirrors) {
  runner_.on(docker_asked, {0, R"({"Server": {"Version": "28.2.1"}})"});
  const auto engine = probe("docker", {{"docker.io", "127.0.0.1:5000", true}});
  ASSERT_TRUE(engine) << engine.error().text();
  const auto base = Digest::of("");
  runner_.on("docker image inspect docker.io/x@" + base.text(),
             {1, "[]", "Error: No such image: docker.io/x\n"});
  EXPECT_EQ(*engine->pull_name("docker.io/x", base), "127.0.0.1:5000/x");
}

// podman's description of itself

EngineInfo podman_says(const char* answer) {
  fakes::FakeRunner runner;
  runner.on("podman info --format json", {0, answer});
  const auto named = *engine_named("podman");
  const auto found = named.type->probe("podman", runner);
  return found ? *found : named;
}

TEST(PodmanInfo, RootOnCgroupsV1) {
  const auto info = podman_says(
      R"({"host": {"cgroupControllers": ["cpuset", "cpu", "pids"], "security": {"rootless": false}},
          "version": {"APIVersion": "4.3.1", "Version": "4.3.1"}})");
  EXPECT_EQ(info.version, "4.3.1");
  EXPECT_FALSE(info.rootless);
  EXPECT_TRUE(info.pids_limit);
}

TEST(PodmanInfo, RootlessWithoutDelegatedControllers) {
  const auto info = podman_says(
      R"({"host": {"cgroupControllers": [], "security": {"rootless": true}}, "version": {"Version": "3.4.4"}})");
  EXPECT_EQ(info.version, "3.4.4");
  EXPECT_TRUE(info.rootless);
  EXPECT_FALSE(info.pids_limit);
}

TEST(PodmanInfo, WhereABuildLeavesThings) {
  const auto info = podman_says(
      R"({"host": {"ociRuntime": {"path": "/usr/bin/crun"}, "remoteSocket": {"path": "/run/user/7/podman/podman.sock"}},
          "store": {"graphDriverName": "overlay", "graphRoot": "/s"}, "version": {"Version": "4.3.1"}})");
  ASSERT_TRUE(info.build_places);
  EXPECT_EQ(info.build_places->working_containers, "/s/overlay-containers");
  EXPECT_EQ(info.build_places->oci_runtime, "/usr/bin/crun");
  EXPECT_EQ(info.build_places->runtime_folder, "/run/user/7");
  EXPECT_EQ(info.image_list, "/s/overlay-images/images.json");
}

TEST_F(Probe, AStorageWithAnotherPlaceForImagesHasNoListThatIsKnown) {
  const auto file = scratch_ / "storage.conf";
  const auto list_with = [&](const char* text) {
    EXPECT_TRUE(write_file(file, text));
    return podman_says(
               fmt::format(
                   R"({{"store": {{"configFile": "{}", "graphDriverName": "overlay", "graphRoot": "/s"}},
                        "version": {{"Version": "5.2.0"}}}})",
                   file.string())
                   .c_str())
        .image_list;
  };
  EXPECT_EQ(list_with("[storage]\n  imagestore = \"/images\"\n"), "");
  EXPECT_EQ(list_with("[storage]\n# imagestore = \"\"\n"), "/s/overlay-images/images.json");
}

TEST_F(Probe, NonsenseIsNoPodmanAndNoDocker) {
  for (const auto* text : {"", "[]", "{", R"({"version": 4})", R"({"version": {"Version": 4}})"}) {
    runner_.on("podman info --format json", {0, text});
    EXPECT_EQ(error_of("podman"),
              "error: podman is installed but does not work: 'podman info' did not print its version\n"
              "\n"
              "hint: find out why: podman info\n");
    runner_.on(docker_asked, {0, text, "broken\n"});
    EXPECT_EQ(error_of("docker"),
              "error: docker is installed, but its daemon does not answer: broken\n"
              "\n"
              "hint: start docker's daemon: systemctl start docker\n");
  }
}

TEST(DockerInfo, RootlessAndLimits) {
  fakes::FakeRunner runner;
  runner.on(docker_asked, {0, R"({"Server": {"Version": "28.2.1"}})"});
  runner.on(
      "docker info --format '{{json .}}'",
      {0, R"({"PidsLimit": true, "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]})"});
  const auto info = engine_named("docker")->type->probe("docker", runner);
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->rootless);
  EXPECT_TRUE(info->pids_limit);
  EXPECT_FALSE(info->build_places);
}

// Whether servers on this machine's loopback addresses are in reach

TEST(Elsewhere, PodmanSaysThatItIsAClient) {
  const auto far = podman_says(
      R"({"host": {"serviceIsRemote": true}, "store": {"graphDriverName": "overlay", "graphRoot": "/s"},
          "version": {"Version": "4.3.1"}})");
  EXPECT_EQ(far.elsewhere, "it is the client of a remote service");
  EXPECT_FALSE(far.build_places) << "these are folders of the other machine";
  EXPECT_EQ(far.image_list, "");
  const auto here = podman_says(R"({"host": {"serviceIsRemote": false}, "version": {"Version": "4.3.1"}})");
  EXPECT_EQ(here.elsewhere, "");
  EXPECT_TRUE(here.build_places);
}

TEST(Elsewhere, DockersContextInfoAndUser) {
  struct Case {
    const char* host;
    const char* info;
    const char* expected;
  };
  constexpr auto* plain = R"({"OperatingSystem": "Debian GNU/Linux 12"})";
  for (const auto& [host, said, expected] :
       {Case{"unix:///var/run/docker.sock", plain, ""},
        Case{"tcp://10.0.0.7:2376", plain, "its daemon is at tcp://10.0.0.7:2376"},
        Case{"ssh://me@host.example", plain, "its daemon is at ssh://me@host.example"},
        Case{"unix:///home/me/.docker/desktop/docker.sock", R"({"OperatingSystem": "Docker Desktop"})",
             "its daemon is in Docker Desktop's virtual machine"},
        Case{"unix:///run/user/1000/docker.sock", R"({"SecurityOptions": ["name=rootless"]})",
             "its daemon is rootless, with a network of its own"},
        Case{nullptr, plain, ""}}) {
    fakes::FakeRunner runner;
    runner.on(docker_asked, {0, R"({"Server": {"Version": "28.2.1"}})"});
    runner.on("docker info --format '{{json .}}'", {0, said});
    if (host != nullptr) {
      runner.on(
          "docker context inspect --format '{{json .}}'",
          {0, fmt::format(R"({{"Name": "default", "Endpoints": {{"docker": {{"Host": "{}"}}}}}})", host)});
    }
    const auto info = engine_named("docker")->type->probe("docker", runner);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->elsewhere, expected);
  }
}

/// A podman that is a file, since probe results are cached by the file's state.
class KeptProbe : public Probe {
 protected:
  void SetUp() override {
    install("#!/bin/sh\n");
    environment_ = Environment({{"HOME", scratch_.string()}, {"PATH", (scratch_ / "bin").string()}});
    podman_works();
    ASSERT_TRUE(probe(std::nullopt));
    ASSERT_EQ(runner_.asked().size(), 2U);
  }
  void install(const char* text) const { ASSERT_TRUE(write_file(scratch_ / "bin/podman", text, 0755)); }
};

TEST_F(KeptProbe, IsNotMadeAgain) {
  const auto engine = probe("podman");
  ASSERT_TRUE(engine) << engine.error().text();
  EXPECT_EQ(engine->info().version, "4.3.1");
  EXPECT_TRUE(engine->info().lacking().empty());
  EXPECT_TRUE(engine->info().pids_limit);
  EXPECT_EQ(engine->info().build_places->working_containers, "/s/overlay-containers");
  EXPECT_EQ(engine->info().image_list, "/s/overlay-images/images.json");
  EXPECT_EQ(runner_.asked().size(), 2U);
}

TEST_F(KeptProbe, RemembersThatItIsElsewhere) {
  install("#!/bin/bash\n");
  fakes::FakeRunner far;
  far.on("podman info --format json",
         {0, R"({"host": {"serviceIsRemote": true}, "version": {"Version": "4.3.1"}})"});
  for (const auto asked : {2U, 2U}) {
    const auto engine = probe_engine("podman", {}, scratch_, far, environment_, work_);
    ASSERT_TRUE(engine) << engine.error().text();
    EXPECT_EQ(engine->info().elsewhere, "it is the client of a remote service");
    EXPECT_EQ(far.asked().size(), asked);
  }
}

TEST_F(KeptProbe, IsMadeAgainForAnotherProgramConfigurationOrWish) {
  install("#!/bin/bash\n");
  ASSERT_TRUE(probe(std::nullopt));
  EXPECT_EQ(runner_.asked().size(), 4U);
  ASSERT_TRUE(write_file(scratch_ / ".config/containers/containers.conf", "[engine]\n"));
  ASSERT_TRUE(probe(std::nullopt));
  EXPECT_EQ(runner_.asked().size(), 6U);
  environment_ = Environment(
      {{"CONTAINERS_CONF", "/x"}, {"HOME", scratch_.string()}, {"PATH", (scratch_ / "bin").string()}});
  ASSERT_TRUE(probe(std::nullopt));
  EXPECT_EQ(runner_.asked().size(), 8U);
  ASSERT_TRUE(probe_engine({}, {}, scratch_, runner_, environment_, work_, Probing::again));
  EXPECT_EQ(runner_.asked().size(), 10U);
  ASSERT_TRUE(probe(std::nullopt));
  EXPECT_EQ(runner_.asked().size(), 10U);
}

TEST_F(KeptProbe, APodmanThatStoppedWorkingIsNamedAsSuch) {
  fakes::FakeRunner broken;
  broken.on("podman info --format json", {125, "", "Error: no such file or directory\n"});
  broken.on("podman image inspect x", {125, "[]", "Error: no such file or directory\n"});
  broken.on("podman network create --disable-dns n", {125, "", "Error: database is locked\n"});
  const auto engine = probe_engine({}, {}, scratch_, broken, environment_, work_);
  ASSERT_TRUE(engine) << engine.error().text();
  const auto* expected =
      "error: podman is installed but does not work: no such file or directory\n"
      "\n"
      "hint: find out why: podman info\n";
  const auto image = engine->find_image("x");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().text(), expected);
  const auto network = engine->create_network({.name = "n"});
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().text(), expected);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "podman.json"));
}

TEST_F(KeptProbe, AFailureOfAPodmanThatWorksIsItsOwn) {
  runner_.on("podman network create --disable-dns n", {125, "", "Error: could not find free subnet\n"});
  const auto engine = probe(std::nullopt);
  ASSERT_TRUE(engine) << engine.error().text();
  EXPECT_EQ(engine->create_network({.name = "n"}).error().text(),
            "error: podman could not create the network n: could not find free subnet\n");
}

TEST_F(KeptProbe, NonsenseIsNoProbe) {
  for (const auto* text : {"", "[]", "{\"format\": 1}", "half"}) {
    ASSERT_TRUE(write_file(scratch_ / "podman.json", text));
    const auto before = runner_.asked().size();
    ASSERT_TRUE(probe(std::nullopt));
    EXPECT_EQ(runner_.asked().size(), before + 2) << text;
  }
}

}  // namespace
}  // namespace launch::containers
