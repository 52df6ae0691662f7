#include "containers/answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::containers {
namespace {

EngineInfo podman() {
  EngineInfo info;
  info.program = "podman";
  return info;
}

RunSpec spec_of(std::string command) {
  RunSpec spec;
  spec.name = "launch-r1-n0";
  spec.image = "localhost/launch/demo:latest";
  spec.argv = {std::move(command)};
  return spec;
}

TEST(PodmanInfo, RootOnCgroupsV1) {
  const auto info = read_podman_info(
      R"({"host": {"cgroupControllers": ["cpuset", "cpu", "pids"], "security": {"rootless": false}},
          "version": {"APIVersion": "4.3.1", "Version": "4.3.1"}})");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->version, "4.3.1");
  EXPECT_FALSE(info->rootless);
  EXPECT_TRUE(info->pids_limit);
}

TEST(PodmanInfo, RootlessWithoutDelegatedControllers) {
  const auto info = read_podman_info(
      R"({"host": {"cgroupControllers": [], "security": {"rootless": true}}, "version": {"Version": "3.4.4"}})");
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->rootless);
  EXPECT_FALSE(info->pids_limit);
}

TEST(PodmanInfo, Nonsense) {
  for (const auto* text : {"", "[]", "{", R"({"version": 4})", R"({"version": {"Version": 4}})"}) {
    const auto info = read_podman_info(text);
    ASSERT_FALSE(info) << text;
    EXPECT_EQ(info.error().text(), "error: 'podman info' did not say its version\n");
  }
}

TEST(PodmanInfo, WhereABuildLeavesThings) {
  const auto info = read_podman_info(
      R"({"host": {"ociRuntime": {"path": "/usr/bin/crun"}, "remoteSocket": {"path": "/run/user/7/podman/podman.sock"}},
          "store": {"graphDriverName": "overlay", "graphRoot": "/s"}, "version": {"Version": "4.3.1"}})");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->working_containers, "/s/overlay-containers");
  EXPECT_EQ(info->oci_runtime, "/usr/bin/crun");
  EXPECT_EQ(info->runtime_folder, "/run/user/7");
}

TEST(WorkingContainer, IsKnownByTheSecretOfItsBuild) {
  const auto state = [](const char* secrets) {
    return std::string(R"({"type": "buildah 0.0.1", "CommonBuildOpts": {"Secrets": )") + secrets + "}}";
  };
  EXPECT_TRUE(working_container_has_secret(state(R"(["id=a,src=/x", "id=launch.build.1,src=/dev/null"])"),
                                           "launch.build.1"));
  EXPECT_TRUE(working_container_has_secret(state(R"(["type=file,src=/dev/null,id=launch.build.1"])"),
                                           "launch.build.1"));
  EXPECT_FALSE(
      working_container_has_secret(state(R"(["id=launch.build.12,src=/dev/null"])"), "launch.build.1"));
  EXPECT_FALSE(working_container_has_secret(state("null"), "launch.build.1"));
  EXPECT_FALSE(working_container_has_secret("{}", "launch.build.1"));
  EXPECT_FALSE(working_container_has_secret("half a fi", "launch.build.1"));
}

TEST(DockerVersion, ServerOrNone) {
  EXPECT_EQ(read_docker_server(R"({"Client": {"Version": "28.2.2"}, "Server": {"Version": "28.2.1"}})"),
            "28.2.1");
  EXPECT_EQ(read_docker_server(R"({"Client": {"Version": "28.2.2"}, "Server": null})"), std::nullopt);
  EXPECT_EQ(read_docker_server("Cannot connect"), std::nullopt);
}

TEST(DockerInfo, RootlessAndLimits) {
  EngineInfo info;
  read_docker_info(
      R"({"PidsLimit": true, "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]})", info);
  EXPECT_TRUE(info.rootless);
  EXPECT_TRUE(info.pids_limit);
}

TEST(Help, OptionIsAWordOfItsOwn) {
  const auto* help =
      "      --timestamp int   set created timestamp\n      --identity-label    add (default true)\n";
  EXPECT_TRUE(help_has_option(help, "--timestamp"));
  EXPECT_TRUE(help_has_option(help, "--identity-label"));
  EXPECT_FALSE(help_has_option(help, "--identity"));
}

TEST(Version, AtLeast) {
  EXPECT_TRUE(version_at_least("4.1", 4, 1));
  EXPECT_TRUE(version_at_least("5.0.0-dev", 4, 9));
  EXPECT_FALSE(version_at_least("4.0.3", 4, 1));
  EXPECT_FALSE(version_at_least("unknown", 0, 0));
}

TEST(ImageInspect, Podman) {
  const auto found = read_image_inspect(
      R"([{"Id": "3d50", "Digest": "sha256:026c", "RepoDigests": ["x@sha256:ffff"], "RepoTags": ["x:latest"],
           "Config": {"Labels": {"launch.lock": "sha256:ab"}}, "RootFS": {"Layers": ["sha256:a1", "sha256:b2"]},
           "Annotations": {"launch.inputs": "sha256:cd"}, "History": [{}, {}, {}]},
          {"Id": "4e61", "RepoTags": null}])");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  const auto& image = found->front();
  EXPECT_EQ(image.image_id, "sha256:3d50");
  EXPECT_EQ(image.digest, "sha256:026c");
  EXPECT_THAT(image.labels, testing::ElementsAre(testing::Pair("launch.lock", "sha256:ab")));
  EXPECT_THAT(image.annotations, testing::ElementsAre(testing::Pair("launch.inputs", "sha256:cd")));
  EXPECT_THAT(image.layers, testing::ElementsAre("sha256:a1", "sha256:b2"));
  EXPECT_EQ(image.names, 1U);
  EXPECT_EQ(image.steps, 3U);
  EXPECT_EQ(found->back().names, 0U);
}

TEST(ImageInspect, DockerWithAndWithoutDigest) {
  const auto pushed = read_image_inspect(
      R"([{"Id": "sha256:3d50", "RepoDigests": ["127.0.0.1:5000/x@sha256:ffff"], "Config": {"Labels": null}}])");
  ASSERT_TRUE(pushed);
  EXPECT_EQ(pushed->front().image_id, "sha256:3d50");
  EXPECT_EQ(pushed->front().digest, "sha256:ffff");
  EXPECT_TRUE(pushed->front().labels.empty());
  const auto local = read_image_inspect(R"([{"Id": "sha256:3d50", "RepoDigests": []}])");
  ASSERT_TRUE(local);
  EXPECT_EQ(local->front().digest, "");
}

TEST(ImageInspect, Nonsense) {
  EXPECT_EQ(read_image_inspect("[]").error().message(), "'image inspect' did not print a list of images");
  EXPECT_EQ(read_image_inspect("[{}]").error().message(), "'image inspect' did not say the image's id");
}

TEST(LastWords, OneLineWithoutThePrefix) {
  EXPECT_EQ(last_words("STEP 1\nError: no space left\n\n"), "no space left");
  EXPECT_EQ(last_words("Error: unknown flag: --x\nSee 'podman run --help'\n"), "unknown flag: --x");
  EXPECT_EQ(last_words("\n"), "");
}

struct StartCase {
  const char* name;
  int code;
  const char* err;
  const char* expected;
};

class StartFailure : public testing::TestWithParam<StartCase> {};

TEST_P(StartFailure, IsNamed) {
  const auto error = start_failure(podman(), spec_of("torchrun"), GetParam().code, GetParam().err);
  EXPECT_EQ(error ? error->text() : "", GetParam().expected);
}

// The engines' words are what podman 4.3.1 with runc or crun, and docker 28, print.
INSTANTIATE_TEST_SUITE_P(
    Words, StartFailure,
    testing::Values(
        StartCase{"InitCannotFindIt", 1,
                  "ERROR (catatonit:6): failed to exec pid1: No such file or directory\n",
                  "error: the command 'torchrun' is not in the image localhost/launch/demo:latest\n"},
        StartCase{
            "InitMayNotRunIt", 1, "ERROR (catatonit:6): failed to exec pid1: Permission denied\n",
            "error: 'torchrun' in the image localhost/launch/demo:latest is not a program that can be run\n"},
        StartCase{
            "NoRuntimeFolder", 127,
            "Error: failed to mount runtime directory for rootless netns: no such file or directory\n",
            "error: podman could not start the container launch-r1-n0: failed to mount runtime directory for "
            "rootless netns: no such file or directory\n\nhint: clear what an earlier failure left of "
            "podman's "
            "network without root: podman system migrate\n"},
        StartCase{"NoTunDevice", 126,
                  "Error: /usr/bin/slirp4netns failed: \"open(\\\"/dev/net/tun\\\"): Permission denied\"\n",
                  "error: podman could not start the container launch-r1-n0: /usr/bin/slirp4netns failed: "
                  "\"open(\\\"/dev/net/tun\\\"): Permission denied\"\n\nhint: networks without root need "
                  "slirp4netns and "
                  "a /dev/net/tun that everybody may open: sudo chmod 0666 /dev/net/tun\n"},
        StartCase{"RuncCannotFindIt", 127,
                  "Error: runc: runc create failed: unable to start container process: exec: \"torchrun\": "
                  "executable "
                  "file not found in $PATH: OCI runtime attempted to invoke a command that was not found\n",
                  "error: the command 'torchrun' is not in the image localhost/launch/demo:latest\n"},
        StartCase{"DockerTini", 127, "[FATAL tini (7)] exec torchrun failed: No such file or directory\n",
                  "error: the command 'torchrun' is not in the image localhost/launch/demo:latest\n"},
        StartCase{"NoImage", 125, "Error: localhost/launch/demo:latest: image not known\n",
                  "error: the image localhost/launch/demo:latest is not here\n"},
        StartCase{
            "NoGpus", 126, "Error: setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=all\n",
            "error: podman does not know this machine's GPUs: setting up CDI devices: unresolvable CDI "
            "devices "
            "nvidia.com/gpu=all\n\n"
            "hint: describe them once, as root: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml\n"},
        StartCase{"NoMountSource", 125, "Error: statfs /nosuch: no such file or directory\n",
                  "error: podman could not start the container launch-r1-n0: statfs /nosuch: no such file or "
                  "directory\n"},
        StartCase{"ProgramsOwnCode", 127, "sh: 1: python: not found\n", ""},
        StartCase{"ProgramFailed", 1, "Traceback (most recent call last):\n", ""}),
    [](const auto& info) { return info.param.name; });

TEST(RegistriesConf, OwnEntriesStayAndMirrorsFollow) {
  EXPECT_EQ(
      registries_conf("unqualified-search-registries = [\"docker.io\"]",
                      {{"docker.io", "127.0.0.1:5000", true}, {"quay.io", "mirror.example/quay", false}}),
      "unqualified-search-registries = [\"docker.io\"]\n"
      "\n[[registry]]\nprefix = \"docker.io\"\nlocation = \"127.0.0.1:5000\"\ninsecure = true\n"
      "\n[[registry]]\nprefix = \"quay.io\"\nlocation = \"mirror.example/quay\"\n");
}

TEST(RegistriesConf, ValuesCannotLeaveTheirQuotes) {
  EXPECT_EQ(registries_conf("", {{"a\"\nx = \"", "b\\", false}}),
            "\n[[registry]]\nprefix = \"a\\\"\\u000Ax = \\\"\"\nlocation = \"b\\\\\"\n");
}

}  // namespace
}  // namespace launch::containers
