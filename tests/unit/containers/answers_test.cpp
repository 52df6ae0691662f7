#include "containers/answers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/containers/engines.hpp"

namespace launch::containers {
namespace {

RunSpec spec_of(std::string command) {
  RunSpec spec;
  spec.name = "launch-r1-n0";
  spec.image = "localhost/launch/demo:latest";
  spec.argv = {"sh", "/run/launch/node.sh", command};
  spec.program = std::move(command);
  return spec;
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
  const auto found = read_image_inspect(fmt::format(
      R"([{{"Id": "{0}", "Digest": "sha256:{1}", "RepoDigests": ["x@sha256:{2}"], "RepoTags": ["x:latest"],
           "Config": {{"Labels": {{"launch.lock": "sha256:ab"}}}}, "RootFS": {{"Layers": ["sha256:{2}", "sha256:{3}"]}},
           "Annotations": {{"launch.inputs": "sha256:cd"}}, "History": [{{}}, {{}}, {{}}]}},
          {{"Id": "{1}", "RepoTags": null}}])",
      digest('3').hex(), digest('4').hex(), digest('a').hex(), digest('b').hex()));
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 2U);
  const auto& image = found->front();
  EXPECT_EQ(image.image_id, digest('3'));
  EXPECT_EQ(image.digest, digest('4'));
  EXPECT_THAT(image.labels, testing::ElementsAre(testing::Pair("launch.lock", "sha256:ab")));
  EXPECT_THAT(image.annotations, testing::ElementsAre(testing::Pair("launch.inputs", "sha256:cd")));
  EXPECT_THAT(image.layers, testing::ElementsAre(digest('a'), digest('b')));
  EXPECT_EQ(image.names, 1U);
  EXPECT_EQ(image.steps, 3U);
  EXPECT_EQ(found->back().names, 0U);
}

TEST(ImageInspect, DockerWithAndWithoutDigest) {
  const auto id = digest('3').text();
  const auto pushed = read_image_inspect(
      fmt::format(R"([{{"Id": "{}", "RepoDigests": ["127.0.0.1:5000/x@{}"], "Config": {{"Labels": null}}}}])",
                  id, digest('f').text()));
  ASSERT_TRUE(pushed) << pushed.error().text();
  EXPECT_EQ(pushed->front().image_id.text(), id);
  EXPECT_EQ(pushed->front().digest, digest('f'));
  EXPECT_TRUE(pushed->front().labels.empty());
  const auto local = read_image_inspect(fmt::format(R"([{{"Id": "{}", "RepoDigests": []}}])", id));
  ASSERT_TRUE(local) << local.error().text();
  EXPECT_EQ(local->front().digest, std::nullopt);
}

TEST(UserIds, OfNamesAndNumbers) {
  constexpr const char* kFiles =
      "root:x:0:0:root:/root:/bin/bash\ntrainer:x:1001:1002::/home/trainer:/bin/"
      "sh\nroot:x:0:\nusers:x:100:a,b\n"
      "huge:x:99999999999:1::/:/bin/sh\n";
  const auto text = [&](const char* user) {
    const auto ids = user_ids(user, kFiles);
    return ids ? ids->text() : "";
  };
  EXPECT_EQ(text("root"), "0:0");
  EXPECT_EQ(text("trainer"), "1001:1002");
  EXPECT_EQ(text("trainer:users"), "1001:100");
  EXPECT_EQ(text("1001"), "1001:1002");
  EXPECT_EQ(text("1000"), "1000:0");
  EXPECT_EQ(text("5:6"), "5:6");
  for (const auto* user : {"nobody", "trainer:none", "huge", "", "-1"}) EXPECT_EQ(text(user), "") << user;
}

TEST(ImageInspect, Nonsense) {
  const auto message = [](const std::string& text) { return read_image_inspect(text).error().message(); };
  EXPECT_EQ(message("[]"), "'image inspect' did not print a list of images");
  EXPECT_EQ(message("[{}]"), "'image inspect' did not print the image's ID");
  EXPECT_EQ(message(R"([{"Id": "sha256:3d50"}])"), "'image inspect' did not print the image's ID");
  EXPECT_EQ(message(fmt::format(R"([{{"Id": "{}", "RootFS": {{"Layers": ["md5:1"]}}}}])", digest('3').hex())),
            "'image inspect' printed a layer that is not a sha256 digest");
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
  bool docker = false;
};

class StartFailure : public testing::TestWithParam<StartCase> {};

TEST_P(StartFailure, IsNamed) {
  const auto error = start_failure(GetParam().docker ? docker28() : podman4(), spec_of("torchrun"),
                                   GetParam().code, GetParam().err);
  EXPECT_EQ(error ? error->text() : "", GetParam().expected);
}

// The messages are those of podman 4.3.1 with runc or crun, and of docker 28.
INSTANTIATE_TEST_SUITE_P(
    Words, StartFailure,
    testing::Values(
        StartCase{"InitCannotFindIt", 1,
                  "ERROR (catatonit:6): failed to exec pid1: No such file or directory\n",
                  "error: the command 'torchrun' is not in the image localhost/launch/demo:latest\n"},
        StartCase{"NodeScriptCannotFindIt", 127, "node.sh: torchrun: executable file not found in PATH\n",
                  "error: the command 'torchrun' is not in the image localhost/launch/demo:latest\n"},
        StartCase{"InitMayNotRunIt", 1, "ERROR (catatonit:6): failed to exec pid1: Permission denied\n",
                  "error: 'torchrun' in the image localhost/launch/demo:latest is not executable\n"},
        StartCase{
            "NoRuntimeFolder", 127,
            "Error: failed to mount runtime directory for rootless netns: no such file or directory\n",
            "error: podman could not start the container launch-r1-n0: failed to mount runtime directory for "
            "rootless netns: no such file or directory\n\nhint: reset podman's rootless network after "
            "an earlier failure: podman system migrate\n"},
        StartCase{
            "NoTunDevice", 126,
            "Error: /usr/bin/slirp4netns failed: \"open(\\\"/dev/net/tun\\\"): Permission denied\"\n",
            "error: podman could not start the container launch-r1-n0: /usr/bin/slirp4netns failed: "
            "\"open(\\\"/dev/net/tun\\\"): Permission denied\"\n\nhint: rootless networks need slirp4netns "
            "and a /dev/net/tun that every user can open: sudo chmod 0666 /dev/net/tun\n"},
        StartCase{"RuncCannotFindIt", 127,
                  "Error: runc: runc create failed: unable to start container process: exec: \"torchrun\": "
                  "executable "
                  "file not found in $PATH: OCI runtime attempted to invoke a command that was not found\n",
                  "error: the command 'torchrun' is not in the image localhost/launch/demo:latest\n"},
        StartCase{"DockerTini", 127, "[FATAL tini (7)] exec torchrun failed: No such file or directory\n",
                  "error: the command 'torchrun' is not in the image localhost/launch/demo:latest\n"},
        StartCase{"NoImage", 125, "Error: localhost/launch/demo:latest: image not known\n",
                  "error: the image localhost/launch/demo:latest does not exist on this machine\n"},
        StartCase{
            "NoGpus", 126, "Error: setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=all\n",
            "error: podman does not know this machine's GPUs: setting up CDI devices: unresolvable CDI "
            "devices "
            "nvidia.com/gpu=all\n\n"
            "hint: describe them once, as root: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml\n"},
        StartCase{
            "NoGpusInDocker", 125,
            "docker: Error response from daemon: could not select device driver \"\" with capabilities: "
            "[[gpu]].\n",
            "error: docker cannot give GPUs to a container: Error response from daemon: could not select "
            "device driver \"\" with capabilities: [[gpu]].\n\nhint: install NVIDIA's container toolkit, "
            "then: nvidia-ctk runtime configure --runtime=docker\n",
            true},
        StartCase{"NoMountSource", 125, "Error: statfs /nosuch: no such file or directory\n",
                  "error: podman could not start the container launch-r1-n0: statfs /nosuch: no such file or "
                  "directory\n"},
        StartCase{"ProgramsOwnCode", 127, "sh: 1: python: not found\n", ""},
        StartCase{"ProgramFailed", 1, "Traceback (most recent call last):\n", ""}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace launch::containers
