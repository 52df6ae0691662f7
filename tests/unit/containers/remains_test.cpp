#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "containers/builder.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "unit/containers/engines.hpp"

namespace launch::containers {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

constexpr auto* kMark = "launch.build.1";
constexpr auto* kList = "podman images --all --quiet --no-trunc";

/// What podman leaves of an interrupted build, and of another.
class Remains : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_file(
        remains() / "before.json",
        R"({"annotations": {"launch.inputs": "sha256:ab"}, "base": "b@sha256:00", "images": ["old"], "containers": ["c0"]})"));
    ASSERT_TRUE(write_file(remains() / "tmp/buildah12/pid", "1"));
    ASSERT_TRUE(write_file(remains() / "tmp/storage34/1", "half a layer"));
    container("c1", kMark);
    container("c2", "launch.build.other");
    runner_.on("runc delete --force buildah-buildah12", {0});
    runner_.on("podman rm --force c1", {0});
    runner_.on(kList, {0, "old\n"});
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path remains() const { return root_ / "builds/demo"; }
  void container(const char* id, const std::string& mark) const {
    ASSERT_TRUE(
        write_file(root_ / "containers" / id / "userdata/buildah.json",
                   fmt::format(R"({{"CommonBuildOpts": {{"Secrets": ["id={},src=/dev/null"]}}}})", mark)));
  }
  EngineInfo podman(bool rootless = false) const {
    auto info = podman4();
    info.rootless = rootless;
    info.build_places = BuildPlaces{root_ / "containers", "runc", ""};
    return info;
  }
  Result<void> remove_remains(const EngineInfo& info, fakes::FakeRunner& runner) {
    const Engine engine(info, runner, {}, work_);
    return Builder(engine, remains(), kMark, work_).remove_remains();
  }
  Result<void> remove_remains(fakes::FakeRunner& runner) { return remove_remains(podman(), runner); }
  /// When the first list fails with these words.
  void expect_second_look(const char* words) {
    fakes::FakeRunner runner;
    runner.on("runc delete --force buildah-buildah12", {0});
    runner.on("podman rm --force c1", {0});
    runner.on(kList, {125, "", words});
    runner.on(kList, {0, "old\n"});
    const auto removed = remove_remains(runner);
    ASSERT_TRUE(removed) << removed.error().text();
    EXPECT_EQ(runner.asked().size(), 4U);
  }
  Result<Image> build(fakes::FakeRunner& runner) {
    BuildSpec spec;
    spec.context = "/ctx";
    spec.tag = "x:latest";
    spec.annotations = {{"launch.inputs", "sha256:ab"}};
    const Engine engine(podman(), runner, {}, work_);
    return Builder(engine, remains(), kMark, work_).build(spec);
  }

  fakes::FakeWork work_;
  fakes::FakeRunner runner_;
  fs::path root_ = fs::temp_directory_path() / ("launch-test-remains-" + std::to_string(getpid()));
};

TEST_F(Remains, OfThisBuildAlone) {
  const auto removed = remove_remains(runner_);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_THAT(runner_.asked(),
              ElementsAre("runc delete --force buildah-buildah12", "podman rm --force c1", kList));
  EXPECT_FALSE(fs::exists(remains()));
}

TEST_F(Remains, ARuntimeWithoutRootIsAskedInPodmansNamespace) {
  runner_.on("podman unshare runc delete --force buildah-buildah12", {0});
  ASSERT_TRUE(remove_remains(podman(true), runner_));
  EXPECT_EQ(runner_.asked().front(), "podman unshare runc delete --force buildah-buildah12");
}

TEST_F(Remains, FilesOfOtherUsersGoInPodmansNamespace) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may remove anything";
  ASSERT_TRUE(write_file(remains() / "tmp/theirs/file", ""));
  fs::permissions(remains() / "tmp/theirs", fs::perms::none);
  const auto remove = "podman unshare rm -rf " + remains().string();
  runner_.on(remove, {0});
  runner_.on("podman unshare runc delete --force buildah-buildah12", {0});
  runner_.before = [&](const ProcessSpec& spec) {
    if (shell_line(spec.argv) == remove) fs::permissions(remains() / "tmp/theirs", fs::perms::owner_all);
  };
  const auto removed = remove_remains(podman(true), runner_);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_FALSE(fs::exists(remains()));
}

TEST_F(Remains, ImagesThatAreNewAndHaveNoNameGoFromAbove) {
  fakes::FakeRunner fresh;
  fresh.on("runc delete --force buildah-buildah12", {0});
  fresh.on("podman rm --force c1", {0});
  fresh.on(kList, {0, "low\nold\nnamed\nhigh\nothers\nplain\ngone\n"});
  const auto low = digest('1').hex();
  const auto high = digest('2').hex();
  fresh.on("podman image inspect low named high others plain gone",
           {125,
            fmt::format(R"([
      {{"Id": "{}", "Annotations": {{"launch.inputs": "sha256:ab", "x": "y"}}, "History": [1]}},
      {{"Id": "{}", "Annotations": {{"launch.inputs": "sha256:ab"}}, "RepoTags": ["x:latest"], "History": [1, 2, 3]}},
      {{"Id": "{}", "Annotations": {{"launch.inputs": "sha256:ab"}}, "History": [1, 2]}},
      {{"Id": "{}", "Annotations": {{"launch.inputs": "sha256:cd"}}, "History": [1, 2]}},
      {{"Id": "{}", "Annotations": null, "History": [1]}}])",
                        low, digest('3').hex(), high, digest('4').hex(), digest('5').hex()),
            "Error: inspecting object: gone: image not known\n"});
  const auto remove = fmt::format("podman rmi --no-prune --ignore sha256:{} sha256:{}", high, low);
  fresh.on(remove, {0});
  ASSERT_TRUE(remove_remains(fresh));
  EXPECT_EQ(fresh.asked().back(), remove);
}

TEST_F(Remains, WhatCannotBeRemovedIsLookedForAgain) {
  fakes::FakeRunner failing;
  failing.on("runc delete --force buildah-buildah12", {1, "", "container does not exist\n"});
  failing.on("podman rm --force c1", {125, "", "Error: database is locked\n"});
  failing.on(kList, {0, ""});
  const auto removed = remove_remains(failing);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().text(),
            "error: podman could not remove its working containers: database is locked\n");
  EXPECT_TRUE(fs::exists(remains() / "before.json"));
}

TEST_F(Remains, AContainerWithoutItsStateIsKnownByItsAgeAndImage) {
  for (const auto* id : {"c0", "ours", "ours-too", "others", "running"})
    fs::create_directories(root_ / "containers" / id);
  fakes::FakeRunner runner;
  runner.on("runc delete --force buildah-buildah12", {0});
  const auto base = digest('b').hex();
  const auto other = digest('e').hex();
  const auto step = digest('f').hex();
  runner.on("podman ps --all --external --format json", {0, fmt::format(R"([
      {{"Id": "c0", "State": "storage", "ImageID": "{0}"}}, {{"Id": "ours", "State": "storage", "ImageID": "{0}"}},
      {{"Id": "ours-too", "State": "storage", "ImageID": "{1}"}}, {{"Id": "others", "State": "storage", "ImageID": "{2}"}},
      {{"Id": "running", "State": "running", "ImageID": "{0}"}}])",
                                                                        base, step, other)});
  runner.on("podman image inspect b@sha256:00", {0, fmt::format(R"([{{"Id": "{}"}}])", base)});
  runner.on(fmt::format("podman image inspect sha256:{} sha256:{} sha256:{}", base, other, step),
            {0, fmt::format(R"([
      {{"Id": "{}"}}, {{"Id": "{}", "Annotations": {{"x": "y"}}}},
      {{"Id": "{}", "Annotations": {{"launch.inputs": "sha256:other"}}}}])",
                            base, other, step)});
  runner.on(kList, {0, "old\n"});
  std::string removed;
  runner.before = [&](const ProcessSpec& spec) {
    if (spec.argv[1] != "rm") return;
    removed = shell_line(spec.argv);
    runner.on(removed, {0});
  };
  const auto result = remove_remains(runner);
  ASSERT_TRUE(result) << result.error().text();
  const auto words = split(removed, ' ');
  EXPECT_THAT(std::vector<std::string>(words.begin() + 3, words.end()),
              testing::UnorderedElementsAre("ours", "ours-too", "c1"));
}

constexpr auto* kHalfMade =
    "Error: checking if image \"ee\" is dangling: locating item named \"manifest\" for image with ID "
    "\"half\" "
    "(consider removing the image to resolve the issue): file does not exist\n";

constexpr auto* kRemovedMeanwhile =
    "Error: retrieving label for image \"ee\": you may need to remove the image to resolve the error: "
    "reading "
    "image \"ee\": locating image with ID \"ee\": image not known\n";

TEST_F(Remains, AnImageThatAnotherBuildCommitsIsWaitedFor) {
  expect_second_look(kHalfMade);
}

TEST_F(Remains, AnImageThatIsRemovedMeanwhileIsWaitedFor) {
  expect_second_look(kRemovedMeanwhile);
}

TEST_F(Remains, AnImageThatStaysHalfMadeGoes) {
  fakes::FakeRunner runner;
  runner.on("runc delete --force buildah-buildah12", {0});
  runner.on("podman rm --force c1", {0});
  for (int i = 0; i < 20; ++i) runner.on(kList, {125, "", kHalfMade});
  runner.on("podman rmi half", {0});
  runner.on(kList, {0, "old\n"});
  const auto removed = remove_remains(runner);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_FALSE(fs::exists(remains()));
}

TEST_F(Remains, BeforeABuildAHalfMadeImageIsNotOurs) {
  fakes::FakeRunner runner;
  runner.on(kList, {125, "", kHalfMade});
  const auto built = build(runner);
  ASSERT_FALSE(built);
  EXPECT_EQ(
      built.error().text(),
      "error: podman could not list its images: checking if image \"ee\" is dangling: locating item named "
      "\"manifest\" for image with ID \"half\" (consider removing the image to resolve the issue): file "
      "does not exist\n\nhint: remove what a killed build left: podman rmi half\n");
}

TEST_F(Remains, NoneIsNoError) {
  fs::remove_all(remains());
  ASSERT_TRUE(remove_remains(runner_));
  EXPECT_TRUE(runner_.asked().empty());
}

TEST_F(Remains, ABuildThatEndsByItselfKeepsItsLayers) {
  ProcessSpec seen;
  std::string record;
  runner_.before = [&](const ProcessSpec& process) {
    if (process.argv[1] != "build") return;
    seen = process;
    record = read_file(remains() / "before.json").value_or("");
    runner_.on(shell_line(process.argv), {7, "", "Error: exit status 7\n"});
  };
  ASSERT_FALSE(build(runner_));
  EXPECT_EQ(seen.environment.at("TMPDIR"), (remains() / "tmp").string());
  EXPECT_FALSE(seen.environment.contains("XDG_RUNTIME_DIR"));
  EXPECT_EQ(
      record,
      R"({"annotations":{"launch.inputs":"sha256:ab"},"base":"","containers":["c1","c2"],"images":["old"]})");
  EXPECT_EQ(runner_.asked().size(), 2U);
  EXPECT_FALSE(fs::exists(remains()));
}

}  // namespace
}  // namespace launch::containers
