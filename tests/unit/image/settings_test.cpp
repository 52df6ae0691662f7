#include "image/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/quoting.hpp"
#include "project/labels.hpp"
#include "project/recipe_digest.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

project::Locked locked(const std::string& image = "", const std::string& cuda = "cu128") {
  auto lock = project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12"));
  lock.lock.provenance.cuda = fakes::accelerator(cuda);
  return {project::test::recipe("python = \"3.12\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n"
                                "[image]\n" +
                                image),
          std::move(lock)};
}

/// The environment of an image whose recipe has `env`, on a base with `before`.
std::vector<std::string> environment(const std::string& env, std::vector<std::string> before = {},
                                     const std::string& cuda = "cpu") {
  archive::RunConfig base;
  base.environment = std::move(before);
  return run_config(std::move(base), locked("env = { " + env + " }\n", cuda), "").environment;
}

/// The value of one variable, on a base that has PATH=/base and A=a.
std::string value(const std::string& name, const std::string& value) {
  for (const auto& line : environment(name + " = '" + value + "'", {"PATH=/base", "A=a"}))
    if (line.starts_with(name + "=")) return line.substr(name.size() + 1);
  return "none";
}

TEST(ImageVariables, AreThoseOfTheEnvironmentAndTheAccelerator) {
  EXPECT_THAT(environment("", {"PATH=/base", "A=a"}),
              UnorderedElementsAre("A=a", "VIRTUAL_ENV=/opt/venv", "PATH=/opt/venv/bin:/base"));
  EXPECT_THAT(
      environment("", {"NVIDIA_VISIBLE_DEVICES=void"}, "cu128"),
      UnorderedElementsAre("VIRTUAL_ENV=/opt/venv",
                           "PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                           "NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_DRIVER_CAPABILITIES=compute,utility"));
}

TEST(ImageVariables, MayReferToTheirOwnValue) {
  EXPECT_EQ(value("PATH", "/x:$PATH"), "/x:/opt/venv/bin:/base");
  EXPECT_EQ(value("PATH", "${PATH}:/x"), "/opt/venv/bin:/base:/x");
  EXPECT_EQ(value("PATH", "$PATH:/x:${PATH}"), "/opt/venv/bin:/base:/x:/opt/venv/bin:/base");
  EXPECT_EQ(value("PATH", "/only"), "/only");
  EXPECT_EQ(value("A", "$A$A"), "aa");
  EXPECT_EQ(value("A", "<${A}b>"), "<ab>");
  EXPECT_EQ(value("LD_LIBRARY_PATH", "/lib:$LD_LIBRARY_PATH"), "/lib:");
  EXPECT_EQ(value("VIRTUAL_ENV", "$VIRTUAL_ENV/x"), "/opt/venv/x");
}

TEST(ImageVariables, HaveNoOtherReferences) {
  EXPECT_EQ(value("PATH", "/x:$PATHS:$PATH_2:${PATH"), "/x:$PATHS:$PATH_2:${PATH");
  EXPECT_EQ(value("B", "$A ${A} $PATH"), "$A ${A} $PATH");
  EXPECT_EQ(value("A", "$ $$A \\$A $a"), "$ $a \\a $a");
  EXPECT_EQ(value("A", "cost: 5$"), "cost: 5$");
}

TEST(ImageVariables, TakeThePlaceOfTheBases) {
  EXPECT_THAT(
      environment("A = 'new', B = '2'", {"A=a", "AB=x", "PATH=/base", "VIRTUAL_ENV=/other"}),
      UnorderedElementsAre("AB=x", "PATH=/opt/venv/bin:/base", "VIRTUAL_ENV=/opt/venv", "A=new", "B=2"));
}

TEST(ImageLabels, SayWhatTheImageIsMadeOf) {
  const auto made = locked();
  EXPECT_THAT(
      image_labels(made.recipe, made.lock),
      ElementsAre(Pair("org.opencontainers.image.title", "demo"),
                  Pair("org.opencontainers.image.version", ""),
                  Pair("org.opencontainers.image.ref.name", "localhost/launch/demo"),
                  Pair("org.opencontainers.image.base.name", "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04"),
                  Pair("org.opencontainers.image.base.digest", project::test::kDigest),
                  Pair(std::string(project::kRecipeLabel),
                       project::recipe_digest(made.recipe, project::Stage::render).text()),
                  Pair(std::string(project::kLockLabel), made.lock.digest.text())));
}

TEST(ImageLabels, HaveTorchsVersionIfItIsOneForAllPlatforms) {
  auto made = locked();
  const auto version = [&] { return image_labels(made.recipe, made.lock)[1].second; };
  made.lock.lock.packages = {project::test::package("torch", "2.8.0+cu128", 1)};
  EXPECT_EQ(version(), "2.8.0+cu128");
  made.lock.lock.packages.push_back(made.lock.lock.packages.front());
  EXPECT_EQ(version(), "2.8.0+cu128");
  made.lock.lock.packages.push_back(project::test::package("torch", "2.8.0", 1));
  EXPECT_EQ(version(), "");
}

TEST(RunConfig, KeepsWhatTheBaseSaysOtherwise) {
  archive::RunConfig base;
  base.user = "base";
  base.entrypoint = {"/nvidia_entrypoint.sh"};
  base.command = {"bash"};
  base.folder = "/base";
  base.volumes = {"/data"};
  base.ports = {"80/tcp"};
  base.stop_signal = "SIGINT";
  base.labels = {{"maintainer", "NVIDIA"}, {"org.opencontainers.image.title", "cuda"}};
  const auto config = run_config(base, locked(), "");
  EXPECT_EQ(config.user, "base");
  EXPECT_THAT(config.entrypoint, IsEmpty()) << "the base's would run its own program first";
  EXPECT_THAT(config.command, ElementsAre("python3"));
  EXPECT_EQ(config.folder, "/base");
  EXPECT_THAT(config.volumes, ElementsAre("/data"));
  EXPECT_THAT(config.ports, ElementsAre("80/tcp"));
  EXPECT_EQ(config.stop_signal, "SIGINT");
  EXPECT_EQ(config.labels.at("maintainer"), "NVIDIA");
  EXPECT_EQ(config.labels.at("org.opencontainers.image.title"), "demo");
  const auto own = run_config(base, locked("user = \"trainer\"\n"), "/workspace/");
  EXPECT_EQ(own.user, "trainer");
  EXPECT_EQ(own.folder, "/workspace/");
}

TEST(Quoting, OfAVariableLetsBuildersExpandItselfAlone) {
  EXPECT_EQ(dockerfile_value({"A", {"plain"}}), "plain");
  EXPECT_EQ(dockerfile_value({"A", {"$B \"x\""}}), "\"\\$B \\\"x\\\"\"");
  EXPECT_EQ(dockerfile_value({"PATH", {"/x:", ""}}), "\"/x:${PATH}\"");
  EXPECT_EQ(dockerfile_value({"A", {"$B\\", "-", "\"$A"}}), "\"\\$B\\\\${A}-${A}\\\"\\$A\"");
}

}  // namespace
}  // namespace launch::image
