#include "containers/builder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"
#include "unit/containers/engines.hpp"

namespace launch::containers {
namespace {

using testing::ElementsAre;

constexpr const char* kDockersWarning =
    "docker keeps the times of files as they are, so each build produces a different image ID; use podman to "
    "get the same one";

/// Answers a build like an engine: writes the ID to the --iidfile, whose name only the caller knows.
class BuildingRunner final : public ProcessRunner {
 public:
  fakes::FakeRunner::Answer build;
  std::string id = digest('a').text();
  std::string inspected =
      fmt::format(R"([{{"Id": "{}", "Digest": "{}"}}])", digest('a').hex(), digest('d').text());
  ProcessSpec seen;

  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token) override {
    ProcessOutcome outcome;
    if (spec.argv[1] != "build" && spec.argv[1] != "buildx") {
      outcome.out = inspected;
      return outcome;
    }
    seen = spec;
    const auto option = std::find_if(spec.argv.begin(), spec.argv.end(), [](const auto& argument) {
      return argument == "--iidfile" || argument == "--metadata-file";
    });
    TRY(write_file(*(option + 1), id));
    outcome.exit_code = build.exit_code;
    outcome.err = build.err;
    for (const auto line : lines(build.out)) spec.on_line(Stream::out, line);
    return outcome;
  }
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>&) override {
    return fail(environment_error("no guards here"));
  }
};

class Build : public testing::Test {
 protected:
  Result<Image> build(const EngineInfo& info) {
    BuildSpec spec;
    spec.context = "/ctx";
    spec.dockerfile = "/ctx/Dockerfile";
    spec.tag = "localhost/launch/demo:latest";
    const Engine engine(info, runner_, {}, work_);
    return Builder(engine, scratch_ / "demo", "launch.build.1", work_).build(spec);
  }

  BuildingRunner runner_;
  fakes::FakeWork work_;
  test::Scratch scratch_;
};

TEST_F(Build, LinesAndIdentity) {
  runner_.build = {0, "STEP 1/2: FROM b\n--> 12\nSTEP 2/2: LABEL x\n"};
  const auto image = build(podman4());
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->image_id, digest('a'));
  EXPECT_EQ(image->digest, digest('d'));
  EXPECT_THAT(work_.reporter.statuses, ElementsAre("STEP 1/2: FROM b", "STEP 2/2: LABEL x"));
  EXPECT_THAT(runner_.seen.unset, ElementsAre("BUILDAH_FORMAT", "BUILDAH_LAYERS", "SOURCE_DATE_EPOCH"));
  EXPECT_THAT(runner_.seen.argv, testing::Contains("id=launch.build.1,src=/dev/null"));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "demo"));
}

TEST_F(Build, FailsWithPodmansLastWords) {
  runner_.build = {
      7, "", "Error: building at STEP \"RUN /bin/sh -c exit 7\": while running runtime: exit status 7\n"};
  const auto image = build(podman4());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().text(),
            "error: podman could not build localhost/launch/demo:latest: building at STEP \"RUN /bin/sh -c "
            "exit 7\": "
            "while running runtime: exit status 7\n");
  EXPECT_EQ(image.error().kind(), ErrorKind::environment);
}

/// As podman, BuildKit and docker's older builder print what a RUN does.
TEST_F(Build, HasWhatItsStepsSayToTheUser) {
  const std::string lines =
      "STEP 2/3: RUN echo 'launch: warning: a'; echo 'launch: hint: b'\n"
      "launch: warning: from podman\nlaunch: hint: try that\n"
      "#8 [2/2] RUN echo 'launch: warning: a'\n"
      "#8 0.342 launch: warning: from BuildKit\n#8 12.01 launch: warning: from BuildKit\n"
      "0.342 launch: warning: from BuildKit\n"
      "x launch: warning: of something else\nlaunch: no mark\n";
  runner_.build = {0, lines};
  ASSERT_TRUE(build(podman4()));
  EXPECT_THAT(work_.reporter.warnings, ElementsAre("from podman", "from BuildKit"));
  runner_.build = {1, "gone\n#8 0.342 launch: hint: try that\n", "Error: exit status 1\n"};
  const auto image = build(podman4());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().text(),
            "error: podman could not build localhost/launch/demo:latest:\n  gone\n\nhint: try that\n");
}

TEST_F(Build, TheTagWasTakenByAnotherBuild) {
  runner_.id = digest('b').text();
  const auto image = build(podman4());
  ASSERT_FALSE(image);
  EXPECT_EQ(
      image.error().text(),
      fmt::format("error: podman built localhost/launch/demo:latest as {}, but that name is now {}: another "
                  "build took it\n",
                  digest('b').text(), digest('a').text()));
}

TEST_F(Build, DockerGetsTheBuilderThatItsClientHas) {
  for (const bool buildkit : {true, false}) {
    const auto image =
        build(buildkit ? info_of("docker", "20.10.24", {"BuildKit"}) : info_of("docker", "28.2.2"));
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_EQ(runner_.seen.environment.at("DOCKER_BUILDKIT"), buildkit ? "1" : "0");
    EXPECT_EQ(runner_.seen.environment.at("SOURCE_DATE_EPOCH"), "0");
    EXPECT_THAT(work_.reporter.warnings, testing::Each(kDockersWarning));
  }
}

TEST_F(Build, DockersContainerdStoreKnowsAnImageByItsManifest) {
  runner_.id = fmt::format(R"({{"containerimage.config.digest": "{}", "containerimage.digest": "{}"}})",
                           digest('c').text(), digest('a').text());
  const auto image = build(info_of("docker", "26.1.5", {"buildx", "containerd image store"}));
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_THAT(work_.reporter.warnings, testing::ElementsAre(kDockersWarning));
}

TEST_F(Build, AMirrorWithoutTlsIsForDockersConfiguration) {
  runner_.build = {1, "", "ERROR: failed to do request: http: server gave HTTP response to HTTPS client\n"};
  const auto image = build(info_of("docker", "28.2.2"));
  ASSERT_FALSE(image);
  EXPECT_EQ(
      image.error().text(),
      "error: docker could not build localhost/launch/demo:latest: failed to do request: http: server gave "
      "HTTP response to HTTPS client\n"
      "\n"
      "hint: docker connects to registries over HTTPS: list this one under \"insecure-registries\" in "
      "/etc/docker/daemon.json and restart docker\n");
}

}  // namespace
}  // namespace launch::containers
