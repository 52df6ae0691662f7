// What hands an image over, besides pulls and archives (engine_test): tag, forget_loopback.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "unit/containers/engines.hpp"

namespace launch::containers {
namespace {

using testing::ElementsAre;

class HandOver : public testing::Test {
 protected:
  Engine podman() { return {podman4(), runner_, {}, work_}; }
  Engine docker() { return {docker28(), runner_, {}, work_}; }
  static std::string text(const Result<void>& result) { return result ? "done" : result.error().text(); }

  fakes::FakeRunner runner_;
  fakes::FakeWork work_;
};

TEST_F(HandOver, TagsByTheImageId) {
  const auto id = "sha256:" + std::string(64, 'a');
  runner_.on("podman tag " + id + " localhost/launch/demo:latest", {});
  runner_.on("docker tag " + id + " localhost/launch/demo:latest",
             {1, "", "Error response from daemon: No such image: " + id + "\n"});
  EXPECT_EQ(text(podman().tag(digest('a'), "localhost/launch/demo:latest")), "done");
  EXPECT_EQ(
      text(docker().tag(digest('a'), "localhost/launch/demo:latest")),
      "error: docker could not tag the image localhost/launch/demo:latest: No such image: " + id + "\n");
}

class ForgetLoopback : public HandOver {
 protected:
  static std::string list(const std::string& engine) {
    if (engine == "podman") return "podman images --format '{{.RepoDigests}}'";
    return engine + " images --digests --format '{{.Repository}}@{{.Digest}}'";
  }
  static std::string at(const std::string& repository, char digit) {
    return fmt::format("{}@sha256:{}", repository, std::string(64, digit));
  }
};

TEST_F(ForgetLoopback, RemovesTheNamesThatPullsLeft) {
  for (const std::string engine : {"podman", "docker"}) {
    runner_.on(list(engine), {0, at("127.0.0.1:40321/launch/demo", 'd') + "\n" +
                                     at("127.0.0.1:1/launch/demo", 'e') + "\n"});
    runner_.on(engine + " rmi " + at("127.0.0.1:40321/launch/demo", 'd'), {});
    runner_.on(engine + " rmi " + at("127.0.0.1:1/launch/demo", 'e'), {});
  }
  EXPECT_EQ(text(podman().forget_loopback("launch/demo")), "done");
  EXPECT_EQ(text(docker().forget_loopback("launch/demo")), "done");
  EXPECT_EQ(runner_.asked().size(), 6U);
}

TEST_F(ForgetLoopback, RemovesThoseOfImagesWithOtherNames) {
  const auto ours = at("127.0.0.1:1/launch/demo", 'd');
  const auto older = at("127.0.0.1:2/launch/demo", 'd');
  runner_.on(list("podman"),
             {0, "[]\n[" + ours + " " + older + " " + at("localhost/launch/demo", 'd') + "]\n"});
  runner_.on("podman rmi " + ours, {});
  runner_.on("podman rmi " + older, {});
  EXPECT_EQ(text(podman().forget_loopback("launch/demo")), "done");
  EXPECT_EQ(runner_.asked().size(), 3U);
}

TEST_F(ForgetLoopback, LeavesAllOtherNames) {
  runner_.on(
      list("podman"),
      {0, at("localhost/launch/demo", 'd') + "\nlocalhost/launch/demo@<none>\n" +
              at("127.0.0.1:1/launch/demo2", 'd') + "\n" + at("127.0.0.1:1/other/launch-demo", 'd') + "\n" +
              at("mirror.example/127.0.0.1:1/launch/demo", 'd') + "\n" + at("docker.io/launch/demo", 'd') +
              "\n<none>@<none>\n" + at("127.0.0.1:1/my/launch/demo", 'd') + "\n"});
  EXPECT_EQ(text(podman().forget_loopback("launch/demo")), "done");
  EXPECT_THAT(runner_.asked(), ElementsAre(list("podman")));
}

TEST_F(ForgetLoopback, OneThatIsGoneIsNoError) {
  const auto name = at("127.0.0.1:1/launch/demo", 'd');
  runner_.on(list("docker"), {0, name + "\n"});
  runner_.on("docker rmi " + name, {1, "", "Error response from daemon: No such image: " + name + "\n"});
  EXPECT_EQ(text(docker().forget_loopback("launch/demo")), "done");
}

TEST_F(ForgetLoopback, AsksAgainWhenAnImageIsRemovedMeanwhile) {
  const auto name = at("127.0.0.1:1/launch/demo", 'd');
  runner_.on(list("podman"), {125, "", "Error: locating image with ID \"ee\": image not known\n"});
  runner_.on(list("podman"), {0, name + "\n"});
  runner_.on("podman rmi " + name, {});
  EXPECT_EQ(text(podman().forget_loopback("launch/demo")), "done");
  EXPECT_EQ(runner_.asked().size(), 3U);
}

TEST_F(ForgetLoopback, FailuresAreErrors) {
  const auto name = at("127.0.0.1:1/launch/demo", 'd');
  runner_.on(list("podman"), {125, "", "Error: database is locked\n"});
  runner_.on(list("podman"), {0, name + "\n"});
  runner_.on("podman rmi " + name, {2, "", "Error: image used by a build\n"});
  EXPECT_EQ(text(podman().forget_loopback("launch/demo")),
            "error: podman could not list its images: database is locked\n");
  EXPECT_EQ(text(podman().forget_loopback("launch/demo")),
            "error: podman could not remove the name " + name + ": image used by a build\n");
}

}  // namespace
}  // namespace launch::containers
