#include "containers/engine.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"
#include "unit/containers/engines.hpp"

namespace launch::containers {
namespace {

using testing::ElementsAre;

class EngineTest : public testing::Test {
 protected:
  Engine podman() { return {podman4(), runner_, {}, work_}; }
  Engine docker() { return {docker28(), runner_, {}, work_}; }

  fakes::FakeRunner runner_;
  fakes::FakeWork work_;
};

using FindImage = EngineTest;
using RunContainer = EngineTest;
using RemoveContainers = EngineTest;
using Network = EngineTest;

TEST_F(FindImage, AnEngineThatFailsIsNotAnImageThatIsMissing) {
  runner_.on("podman image inspect x", {125, "", "Error: database is locked\n"});
  const auto image = podman().find_image("x");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().text(), "error: podman could not look for the image x: database is locked\n");
}

TEST_F(RunContainer, HasTheValuesOfHiddenVariablesInTheEnvironmentOfTheEngine) {
  RunSpec spec;
  spec.image = "i";
  spec.hidden = {{"TOKEN", "s3cret"}};
  std::map<std::string, std::string> environment;
  runner_.before = [&](const ProcessSpec& process) { environment = process.environment; };
  runner_.on(shell_line(podman().command(run_arguments(podman4(), spec))), {});
  ASSERT_TRUE(podman().run(spec, {}));
  EXPECT_EQ(environment, spec.hidden);
}

TEST_F(RunContainer, WhoAUserOfAnImageIs) {
  const std::string line =
      "podman run --rm --pull never --log-driver none --name asks --network none --mount "
      "type=bind,source=/usr,target=/usr,readonly --entrypoint '' i cat /etc/passwd /etc/group";
  runner_.on(line, {1, "trainer:x:1001:1002::/home/trainer:/bin/sh\n"});
  RunSpec asked;
  asked.image = "i";
  asked.name = "asks";
  asked.mounts = {{"/usr", "/usr"}};
  EXPECT_EQ(podman().ids_of("trainer", asked), (UserIds{1001, 1002}));
  EXPECT_EQ(podman().ids_of("other", asked), std::nullopt);
  EXPECT_EQ(podman().ids_of("5:6", asked), (UserIds{5, 6})) << "nobody is asked";
  for (const auto* root : {"", "root", "0"}) EXPECT_EQ(podman().ids_of(root, asked), UserIds{});
  asked.image = "j";
  EXPECT_EQ(podman().ids_of("trainer", asked), std::nullopt);
  EXPECT_EQ(runner_.asked().back(), "podman rm --force --time 0 asks") << "the client may have left it";
}

TEST_F(FindImage, AnImageThatIsMissedOnceIsFound) {
  const std::string found = R"([{"Id": ")" + std::string(64, 'a') + R"("}])";
  for (const auto* error : {"Error: x: image not known\n",
                            "Error: locating item named \"manifest\" for image: "
                            "file does not exist\n"}) {
    fakes::FakeRunner runner;
    runner.on("podman image inspect x", {125, "[]\n", error});
    runner.on("podman image inspect x", {0, found, ""});
    const auto image = Engine(podman4(), runner, {}, work_).find_image("x");
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_TRUE(image->has_value());
  }
}

TEST_F(FindImage, DockersWordsForNone) {
  runner_.on("docker image inspect x", {1, "[]\n", "Error: No such image: x\n"});
  const auto image = docker().find_image("x");
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(*image, std::nullopt);
  EXPECT_EQ(runner_.asked().size(), 1U) << "docker's first word counts";
}

class MirroredDocker : public EngineTest {
 protected:
  std::string pull_name(const char* name, const specs::RegistryMirror& mirror = {
                                              "docker.io", "mirror.example:5000/hub", true}) {
    auto engine = docker();
    engine.pull_from({mirror});
    const auto found = engine.pull_name(name, digest('d'));
    return found ? *found : found.error().text();
  }
  std::string asked_for(const char* name) {
    return fmt::format("docker image inspect {}@{}", name, digest('d').text());
  }
};

TEST_F(MirroredDocker, PullsFromTheMirrorWhatItDoesNotHave) {
  runner_.on(asked_for("docker.io/nvidia/cuda"), {1, "[]\n", "Error: No such image: x\n"});
  EXPECT_EQ(pull_name("docker.io/nvidia/cuda"), "mirror.example:5000/hub/nvidia/cuda");
}

TEST_F(MirroredDocker, NamesThePortOfAHostThatWouldBeAUserOfDockerHub) {
  runner_.on(asked_for("docker.io/nvidia/cuda"), {1, "[]\n", "Error: No such image: x\n"});
  const auto at = [&](const char* location, bool insecure) {
    return pull_name("docker.io/nvidia/cuda", {"docker.io", location, insecure});
  };
  EXPECT_EQ(at("mirror/hub", false), "mirror:443/hub/nvidia/cuda");
  EXPECT_EQ(at("mirror", true), "mirror:80/nvidia/cuda");
  EXPECT_EQ(at("mirror:5000", true), "mirror:5000/nvidia/cuda");
  EXPECT_EQ(at("localhost", true), "localhost/nvidia/cuda");
}

TEST_F(MirroredDocker, KeepsTheNameOfWhatItHas) {
  runner_.on(asked_for("docker.io/nvidia/cuda"), {0, fmt::format(R"([{{"Id": "{}"}}])", digest('a').text())});
  EXPECT_EQ(pull_name("docker.io/nvidia/cuda"), "docker.io/nvidia/cuda");
}

TEST_F(MirroredDocker, KeepsTheNameThatNoMirrorHas) {
  EXPECT_EQ(pull_name("quay.io/org/base"), "quay.io/org/base");
  EXPECT_TRUE(runner_.asked().empty());
}

using TakeOver = EngineTest;

TEST_F(TakeOver, EachEnginePullsOverPlainHttpByDigest) {
  const auto reference = "127.0.0.1:4000/launch/demo@" + digest('d').text();
  const auto inspected = fmt::format(R"([{{"Id": "{}"}}])", digest('a').text());
  for (auto engine : {podman(), docker()}) {
    const auto name = engine.info().name();
    const auto* option = name == "podman" ? " --tls-verify=false " : " ";
    runner_.on(fmt::format("{} pull --quiet{}{}", name, option, reference), {0, "x\n"});
    runner_.on(fmt::format("{} image inspect {}", name, reference), {0, inspected});
    const auto id = engine.pull("127.0.0.1:4000", "launch/demo", digest('d'), {});
    ASSERT_TRUE(id) << id.error().text();
    EXPECT_EQ(*id, digest('a'));
  }
}

TEST_F(TakeOver, APullThatFailsOrLeavesNothing) {
  const auto reference = "127.0.0.1:4000/launch/demo@" + digest('d').text();
  runner_.on("docker pull --quiet " + reference,
             {1, "", "Error response from daemon: dial tcp 127.0.0.1:4000: connect: connection refused\n"});
  auto id = docker().pull("127.0.0.1:4000", "launch/demo", digest('d'), {});
  ASSERT_FALSE(id);
  EXPECT_EQ(
      id.error().text(),
      "error: docker could not pull the image launch/demo: dial tcp 127.0.0.1:4000: connect: connection "
      "refused\n");
  runner_.on("podman pull --quiet --tls-verify=false " + reference, {0});
  runner_.on("podman image inspect " + reference, {125, "[]", "Error: x: image not known\n"});
  id = podman().pull("127.0.0.1:4000", "launch/demo", digest('d'), {});
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().text(), "error: podman pulled the image launch/demo, but cannot find it\n");
}

TEST_F(TakeOver, APullIsTriedAgainWhenASharedLayerGoesMeanwhile) {
  const auto reference = "127.0.0.1:4000/launch/demo@" + digest('d').text();
  const auto pull = "podman pull --quiet --tls-verify=false " + reference;
  runner_.on(pull, {125, "", "Error: writing blob: locating layer for blob \"x\": layer not known\n"});
  runner_.on(pull, {0, "x\n"});
  runner_.on("podman image inspect " + reference,
             {0, fmt::format(R"([{{"Id": "{}"}}])", digest('a').text())});
  const auto id = podman().pull("127.0.0.1:4000", "launch/demo", digest('d'), {});
  ASSERT_TRUE(id) << id.error().text();
  EXPECT_EQ(*id, digest('a'));
}

/// An archive that is read in small pieces.
Result<Feed> open_archive() {
  return [rest = std::string("archive")](std::span<char> buffer) mutable -> Result<std::size_t> {
    const auto count = rest.copy(buffer.data(), std::min<std::size_t>(buffer.size(), 3));
    rest.erase(0, count);
    return count;
  };
}

TEST_F(TakeOver, AnArchiveIsReadFromStdin) {
  runner_.on("docker load --quiet", {0, "Loaded image ID: sha256:x\n"});
  const auto loaded = docker().load(open_archive, "launch/demo", {});
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(runner_.fed(), "archive");
  runner_.on("podman load --quiet",
             {125, "", "Error: payload does not match any of the supported formats\n"});
  const auto refused = podman().load(open_archive, "launch/demo", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(),
            "error: podman could not load the image launch/demo: payload does not match any of the supported "
            "formats\n");
}

TEST_F(TakeOver, AnArchiveIsLoadedOnceMoreWhereDockerLostAPart) {
  const auto* lost =
      "failed to unpack loaded image: failed to extract layer sha256:f4e8: failed to get reader from content "
      "store: "
      "content digest sha256:d51c: not found\n";
  for (int i = 0; i < 3; ++i) runner_.on("docker load --quiet", {1, "", lost});
  runner_.on("docker load --quiet", {0, "Loaded image ID: sha256:x\n"});
  const auto twice = docker().load(open_archive, "launch/demo", {});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().text(),
            fmt::format("error: docker could not load the image launch/demo: {}", lost));
  work_.reporter.notes.clear();
  const auto loaded = docker().load(open_archive, "launch/demo", {});
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(runner_.asked().size(), 4U);
  EXPECT_EQ(runner_.fed(), "archive") << "from its beginning";
  EXPECT_THAT(work_.reporter.notes,
              testing::ElementsAre(
                  "docker lost a part of the image that an earlier load had left; loading it again"));
}

RunSpec small() {
  RunSpec spec;
  spec.name = "c";
  spec.image = "i";
  spec.argv = {"torchrun"};
  return spec;
}
constexpr auto* small_line =
    "podman run --rm --init --pull never --log-driver none --name c --entrypoint '' i torchrun";

TEST_F(RunContainer, LinesOfBothStreamsAndTheProgramsCode) {
  runner_.on(small_line, {7, "a\n", "b\n"});
  std::vector<std::string> seen;
  const auto outcome = podman().run(small(), [&](Stream stream, std::string_view line) {
    seen.push_back((stream == Stream::out ? "out " : "err ") + std::string(line));
  });
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->exit_code, 7);
  EXPECT_THAT(seen, ElementsAre("out a", "err b"));
}

TEST_F(RunContainer, ACommandThatIsNotInTheImage) {
  runner_.on(small_line, {1, "", "ERROR (catatonit:6): failed to exec pid1: No such file or directory\n"});
  const auto outcome = podman().run(small(), [](Stream, std::string_view) {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().text(), "error: the command 'torchrun' is not in the image i\n");
  EXPECT_EQ(outcome.error().kind(), ErrorKind::input);
}

/// A container into which files are unpacked before it starts.
class RunWithFiles : public RunContainer {
 protected:
  RunWithFiles() {
    spec_ = small();
    spec_.files = scratch_ / "files.tar";
    spec_.user = "trainer";
    spec_.folder = "/workspace";
    spec_.unlabelled = true;
    EXPECT_TRUE(write_file(spec_.files, "a tar"));
    runner_.on(kCreate, {0});
    runner_.on(kRemove, {0});
  }
  Result<ProcessOutcome> run() {
    return podman().run(spec_, [](Stream, std::string_view) {});
  }
  static constexpr auto* kCreate =
      "podman create --rm --init --pull never --log-driver none --name c --security-opt label=disable --user "
      "trainer --workdir /workspace --entrypoint '' i torchrun";
  static constexpr auto* kCopy = "podman cp --archive=false - c:/";
  static constexpr auto* kStart = "podman start --attach c";
  static constexpr auto* kRemove = "podman rm --force --time 0 c";
  test::Scratch scratch_;
  RunSpec spec_;
};

TEST_F(RunWithFiles, ClientsGoOnWithoutThisProcessIfSomethingElseEndsTheContainer) {
  runner_.on(kCopy, {0});
  runner_.on(kStart, {0});
  for (const bool guarded : {false, true}) {
    spec_.guarded = guarded;
    std::vector<bool> outlive;
    runner_.before = [&](const ProcessSpec& process) { outlive.push_back(process.outlives); };
    ASSERT_TRUE(run());
    EXPECT_THAT(outlive, ElementsAre(guarded, guarded, guarded));
  }
}

TEST_F(RunWithFiles, IsCreatedFilledAndStarted) {
  runner_.on(kCopy, {0});
  runner_.on(kStart, {7, "a\n", "b\n"});
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->exit_code, 7);
  EXPECT_THAT(runner_.asked(), ElementsAre(kCreate, kCopy, kStart));
  EXPECT_EQ(runner_.fed(), "a tar");
  EXPECT_EQ(run_commands(docker28(), spec_)[1].argv, (std::vector<std::string>{"cp", "-", "c:/"}));
}

TEST_F(RunWithFiles, IsRemovedIfItCannotBeFilled) {
  runner_.on(kCopy, {125, "", "Error: no space left on device\n"});
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "podman could not start the container c: no space left on device");
  EXPECT_THAT(runner_.asked(), ElementsAre(kCreate, kCopy, kRemove));
  spec_.files = scratch_ / "missing";
  const auto missing = run();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(), "cannot read " + spec_.files.string() + ": No such file or directory");
}

TEST_F(RemoveContainers, AllAtOnceWithGrace) {
  runner_.on("podman ps --all --filter label=launch.run=r1 --format '{{.Names}}'", {0, "a\nb\n"});
  runner_.on("podman rm --force --time 2 a b", {0});
  ASSERT_TRUE(podman().remove_containers("launch.run", "r1", 2));
}

TEST_F(RemoveContainers, DockerStopsFirst) {
  const auto* list = "docker ps --all --filter label=launch.run=r1 --format '{{.Names}}'";
  runner_.on(list, {0, "a\nb\n"});
  runner_.on(list, {0, "b\n"});
  runner_.on("docker stop --time 2 a b", {0});
  runner_.on("docker rm --force a b", {1, "", "Error response from daemon: No such container: a\n"});
  runner_.on("docker rm --force b", {0, "b\n"});
  ASSERT_TRUE(docker().remove_containers("launch.run", "r1", 2));
  EXPECT_EQ(runner_.asked().back(), "docker rm --force b");
}

TEST_F(RemoveContainers, DockerIsAlreadyRemovingOne) {
  const auto* list = "docker ps --all --filter label=launch.run=r1 --format '{{.Names}}'";
  runner_.on(list, {0, "a\nb\n"});
  runner_.on(list, {0, "a\n"});
  runner_.on(list, {0, ""});
  const auto* words = "Error response from daemon: removal of container a is already in progress\n";
  runner_.on("docker stop --time 2 a b", {0});
  runner_.on("docker rm --force a b", {1, "b\n", words});
  runner_.on("docker rm --force a", {1, "", words});
  const auto removed = docker().remove_containers("launch.run", "r1", 2);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_EQ(runner_.asked().size(), 6U);
}

TEST_F(RemoveContainers, PodmanDoesNotWaitForAProcessThatIsSlowToDie) {
  const auto* list = "podman ps --all --filter label=launch.run=r1 --format '{{.Names}}'";
  runner_.on(list, {0, "a\n"});
  const auto* words =
      "Error: cannot remove container a as it could not be stopped: given PIDs did not die within "
      "timeout\n";
  runner_.on("podman rm --force --time 2 a", {2, "", words});
  runner_.on("podman rm --force --time 0 a", {2, "", words});
  runner_.on("podman rm --force --time 0 a", {0, "a\n"});
  const auto removed = podman().remove_containers("launch.run", "r1", 2);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_EQ(work_.clock.sleeps().size(), 2U);
}

TEST_F(RemoveContainers, PodmansSignalComesTooLate) {
  const auto* list = "podman ps --all --filter label=launch.run=r1 --format '{{.Names}}'";
  runner_.on(list, {0, "a\nb\n"});
  runner_.on(list, {0, "b\n"});
  const auto id = std::string(64, '7');
  runner_.on(
      "podman rm --force --time 2 a b",
      {2, "a\n",
       fmt::format("open pidfd: No such process\nError: cannot remove container {0} as it could not be "
                   "stopped: sending SIGKILL to container {0}: container state improper: stopped\n",
                   id)});
  runner_.on("podman rm --force --time 0 b", {0, "b\n"});
  const auto removed = podman().remove_containers("launch.run", "r1", 2);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_THAT(work_.clock.sleeps(), ElementsAre(std::chrono::milliseconds(100)));
}

TEST_F(RemoveContainers, GivesUpOnOneThatIsNeverReady) {
  runner_.on("podman ps --all --filter label=launch.run=r1 --format '{{.Names}}'", {0, "a\n"});
  const auto* words =
      "Error: container a is mounted and cannot be removed without using force: container state improper\n";
  runner_.on("podman rm --force --time 2 a", {2, "", words});
  runner_.on("podman rm --force --time 0 a", {2, "", words});
  const auto removed = podman().remove_containers("launch.run", "r1", 2);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().text(),
            "error: podman could not remove the containers a: container a is mounted and cannot be removed "
            "without using force: container state improper\n");
  EXPECT_EQ(work_.clock.sleeps().size() * std::chrono::milliseconds(100), std::chrono::seconds(2 + 30));
}

TEST_F(RemoveContainers, NoneIsNoError) {
  runner_.on("podman ps --all --filter label=launch.run=r1 --format '{{.Names}}'", {0, ""});
  ASSERT_TRUE(podman().remove_containers("launch.run", "r1", 2));
  EXPECT_EQ(runner_.asked().size(), 1U);
}

TEST_F(RunContainer, InAFolderWhereTheEngineMayLeaveItsFiles) {
  std::vector<ProcessSpec> seen;
  runner_.before = [&](const ProcessSpec& spec) { seen.push_back(spec); };
  containers::EngineInfo info = podman4();
  info.program = "bin/podman";
  const Engine engine(info, runner_, {}, work_);
  (void)engine.run({.name = "n", .image = "i", .argv = {"x"}, .working_folder = "/state/runs/demo-1"}, {});
  (void)engine.run({.name = "n", .image = "i", .argv = {"x"}}, {});
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].folder, "/state/runs/demo-1");
  EXPECT_EQ(seen[0].argv.front(), std::filesystem::absolute("bin/podman").string());
  EXPECT_EQ(seen[1].folder, std::nullopt);
  EXPECT_EQ(seen[1].argv.front(), "bin/podman");
}

TEST_F(Network, ASubnetThatIsInUseIsNoError) {
  runner_.on("podman network create --disable-dns --subnet 198.19.0.0/27 n",
             {125, "", "Error: subnet 198.19.0.0/27 is already used on the host or by another config\n"});
  runner_.on("docker network create --subnet 198.19.0.0/27 n",
             {1, "", "Error response from daemon: Pool overlaps with other one on this address space\n"});
  for (const auto& engine : {podman(), docker()}) {
    const auto created = engine.create_network({.name = "n", .subnet = "198.19.0.0/27"});
    ASSERT_TRUE(created) << created.error().text();
    EXPECT_FALSE(*created);
  }
}

TEST_F(Network, CreateAndRemove) {
  runner_.on("podman network create --disable-dns --label launch.run=r1 n", {0, "n\n"});
  runner_.on("podman network create --disable-dns n",
             {125, "", "Error: network name n already used: network already exists\n"});
  runner_.on("podman network rm n",
             {1, "", "Error: unable to find network with name or ID n: network not found\n"});
  const auto engine = podman();
  ASSERT_TRUE(engine.create_network({.name = "n", .labels = {{"launch.run", "r1"}}}));
  const auto again = engine.create_network({.name = "n"});
  ASSERT_FALSE(again);
  EXPECT_EQ(
      again.error().text(),
      "error: podman could not create the network n: network name n already used: network already exists\n");
  ASSERT_TRUE(engine.remove_network("n"));
}

}  // namespace
}  // namespace launch::containers
