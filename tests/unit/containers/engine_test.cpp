#include "containers/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"

namespace launch::containers {
namespace {

fakes::FakeWork work;

using testing::ElementsAre;

Engine podman(fakes::FakeRunner& runner) {
  EngineInfo info;
  info.program = "podman";
  info.version = "4.3.1";
  info.build_timestamp = info.identity_label_flag = true;
  return {info, runner, {}, work};
}

Engine docker(fakes::FakeRunner& runner) {
  EngineInfo info;
  info.kind = EngineKind::docker;
  info.program = "docker";
  return {info, runner, {}, work};
}

/// Answers a build as podman does: the id goes into the --iidfile, whose name only the caller knows.
class BuildingRunner final : public ProcessRunner {
 public:
  fakes::FakeRunner::Answer build;
  std::string id = "sha256:aa";
  std::string inspected = R"([{"Id": "aa", "Digest": "sha256:dd"}])";
  ProcessSpec seen;

  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token) override {
    ProcessOutcome outcome;
    if (spec.argv[1] != "build") {
      outcome.out = inspected;
      return outcome;
    }
    seen = spec;
    const auto option = std::find(spec.argv.begin(), spec.argv.end(), "--iidfile");
    TRY(write_file(*(option + 1), id));
    outcome.exit_code = build.exit_code;
    outcome.err = build.err;
    for (const auto line : lines(build.out)) spec.on_line(Stream::out, line);
    return outcome;
  }
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>&) override {
    return fail(world_error("no guards here"));
  }
};

Engine building(BuildingRunner& runner) {
  EngineInfo info;
  info.program = "podman";
  return {info, runner, {}, work};
}

BuildSpec demo() {
  BuildSpec spec;
  spec.context = "/ctx";
  spec.dockerfile = "/ctx/Dockerfile";
  spec.tag = "localhost/launch/demo:latest";
  return spec;
}

TEST(Build, LinesAndIdentity) {
  BuildingRunner runner;
  runner.build = {0, "STEP 1\nSTEP 2\n"};
  std::vector<std::string> seen;
  const auto image = building(runner).build(demo(), [&](std::string_view line) { seen.emplace_back(line); });
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->image_id, "sha256:aa");
  EXPECT_EQ(image->digest, "sha256:dd");
  EXPECT_THAT(seen, ElementsAre("STEP 1", "STEP 2"));
  EXPECT_THAT(runner.seen.unset, ElementsAre("BUILDAH_FORMAT", "BUILDAH_LAYERS", "SOURCE_DATE_EPOCH"));
}

TEST(Build, FailsWithPodmansLastWords) {
  BuildingRunner runner;
  runner.build = {
      7, "", "Error: building at STEP \"RUN /bin/sh -c exit 7\": while running runtime: exit status 7\n"};
  const auto image = building(runner).build(demo(), {});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().text(),
            "error: podman could not build localhost/launch/demo:latest: building at STEP \"RUN /bin/sh -c "
            "exit 7\": "
            "while running runtime: exit status 7\n");
  EXPECT_EQ(image.error().kind(), ErrorKind::world);
}

TEST(Build, TheTagWasTakenByAnotherBuild) {
  BuildingRunner runner;
  runner.id = "sha256:bb";
  const auto image = building(runner).build(demo(), {});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().text(),
            "error: podman built localhost/launch/demo:latest as sha256:bb, and that name is now sha256:aa: "
            "another "
            "build took it\n");
}

TEST(Build, DockerGetsTheBuilderThatItsClientHas) {
  for (const bool buildkit : {true, false}) {
    BuildingRunner runner;
    EngineInfo info;
    info.kind = EngineKind::docker;
    info.program = "docker";
    info.buildkit = buildkit;
    const auto image = Engine(info, runner, {}, work).build(demo(), {});
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_EQ(runner.seen.environment.at("DOCKER_BUILDKIT"), buildkit ? "1" : "0");
    EXPECT_EQ(runner.seen.environment.at("SOURCE_DATE_EPOCH"), "0");
  }
}

TEST(FindImage, AnEngineThatFailsIsNotAnImageThatIsMissing) {
  fakes::FakeRunner runner;
  runner.on("podman image inspect x", {125, "", "Error: database is locked\n"});
  const auto image = podman(runner).find_image("x");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().text(), "error: podman could not look for the image x: database is locked\n");
}

TEST(FindImage, DockersWordsForNone) {
  fakes::FakeRunner runner;
  runner.on("docker image inspect x", {1, "[]\n", "Error: No such image: x\n"});
  const auto image = docker(runner).find_image("x");
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(*image, std::nullopt);
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

TEST(Run, LinesOfBothStreamsAndTheProgramsCode) {
  fakes::FakeRunner runner;
  runner.on(small_line, {7, "a\n", "b\n"});
  std::vector<std::string> seen;
  const auto outcome = podman(runner).run(small(), [&](Stream stream, std::string_view line) {
    seen.push_back((stream == Stream::out ? "out " : "err ") + std::string(line));
  });
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->exit_code, 7);
  EXPECT_THAT(seen, ElementsAre("out a", "err b"));
}

TEST(Run, ACommandThatIsNotInTheImage) {
  fakes::FakeRunner runner;
  runner.on(small_line, {1, "", "ERROR (catatonit:6): failed to exec pid1: No such file or directory\n"});
  const auto outcome = podman(runner).run(small(), [](Stream, std::string_view) {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().text(), "error: the command 'torchrun' is not in the image i\n");
  EXPECT_EQ(outcome.error().kind(), ErrorKind::usage);
}

TEST(RemoveContainers, AllAtOnceWithGrace) {
  fakes::FakeRunner runner;
  runner.on("podman ps --all --filter label=launch.run=r1 --format '{{.Names}}'", {0, "a\nb\n"});
  runner.on("podman rm --force --time 2 a b", {0});
  ASSERT_TRUE(podman(runner).remove_containers("launch.run", "r1", 2));
}

TEST(RemoveContainers, DockerStopsFirst) {
  fakes::FakeRunner runner;
  runner.on("docker ps --all --filter label=launch.run=r1 --format '{{.Names}}'", {0, "a\n"});
  runner.on("docker stop --time 2 a", {0});
  runner.on("docker rm --force a", {1, "", "Error response from daemon: No such container: a\n"});
  ASSERT_TRUE(docker(runner).remove_containers("launch.run", "r1", 2));
}

TEST(RemoveContainers, DockerIsAlreadyRemovingOne) {
  fakes::FakeRunner runner;
  const auto* list = "docker ps --all --filter label=launch.run=r1 --format '{{.Names}}'";
  runner.on(list, {0, "a\nb\n"});
  runner.on(list, {0, "a\n"});
  runner.on(list, {0, ""});
  const auto* words = "Error response from daemon: removal of container a is already in progress\n";
  runner.on("docker stop --time 2 a b", {0});
  runner.on("docker rm --force a b", {1, "b\n", words});
  runner.on("docker rm --force a", {1, "", words});
  const auto removed = docker(runner).remove_containers("launch.run", "r1", 2);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_EQ(runner.asked().size(), 6U);
}

TEST(RemoveContainers, NoneIsNoError) {
  fakes::FakeRunner runner;
  runner.on("podman ps --all --filter label=launch.run=r1 --format '{{.Names}}'", {0, ""});
  ASSERT_TRUE(podman(runner).remove_containers("launch.run", "r1", 2));
  EXPECT_EQ(runner.asked().size(), 1U);
}

TEST(Network, CreateAndRemove) {
  fakes::FakeRunner runner;
  runner.on("podman network create --label launch.run=r1 n", {0, "n\n"});
  runner.on("podman network create n",
            {125, "", "Error: network name n already used: network already exists\n"});
  runner.on("podman network rm n",
            {1, "", "Error: unable to find network with name or ID n: network not found\n"});
  const auto engine = podman(runner);
  ASSERT_TRUE(engine.create_network("n", {{"launch.run", "r1"}}));
  const auto again = engine.create_network("n", {});
  ASSERT_FALSE(again);
  EXPECT_EQ(
      again.error().text(),
      "error: podman could not create the network n: network name n already used: network already exists\n");
  ASSERT_TRUE(engine.remove_network("n"));
}

}  // namespace
}  // namespace launch::containers
