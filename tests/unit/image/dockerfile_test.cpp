#include "image/dockerfile.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fakes/values.hpp"
#include "image/base_cuda.hpp"
#include "image/layers.hpp"
#include "image/quoting.hpp"
#include "unit/image/golden.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

using project::test::package;
using test::expect_golden;

const std::string kRecipe = R"(python    = "3.12"
platforms = ["linux-x86_64"]
packages  = ["numpy"]
[torch]
channel  = "nightly"
cuda     = "cu128"
packages = ["torch"]
)";

std::vector<project::LockedPackage> closure() {
  std::vector<project::LockedPackage> packages = {
      package("filelock", "3.18", 16'000),
      package("numpy", "2.2.6", 16'500'000, "cp312-cp312-manylinux_2_17_x86_64"),
      package("nvidia-cublas-cu12", "12.8.3.14", 610'000'000),
      package("nvidia-cudnn-cu12", "9.10.2.21", 707'000'000),
      package("nvidia-nvtx-cu12", "12.8.55", 90'000),
      package("nvidia-cuda-runtime-cu12", "12.8.57", 954'000),
      package("torch", "2.8.0.dev20250606+cu128", 900'000'000, "cp312-cp312-manylinux_2_28_x86_64"),
      package("typing-extensions", "4.14", 44'000),
  };
  packages[6].wheels[0].upload_time = "2025-06-06T08:09:10.123Z";
  return packages;
}

std::string rendered(const project::Recipe& recipe, const project::LoadedLock& lock,
                     const std::vector<ProjectCopy>& copies = {}) {
  const auto text = render_dockerfile({recipe, lock, copies});
  return text ? *text : text.error().text();
}

TEST(Dockerfile, OfANightlyOnUbuntuWithEverything) {
  const auto recipe = project::test::recipe(kRecipe + R"([image]
apt  = ["gcc", "libc6-dev"]
copy = [{ from = "src", to = "/workspace" }, { from = "tools", to = "/opt/our tools", owner = "root" }]
env  = { HF_HOME = "/data/hf", GREETING = 'a "b" $c \d' }
user = "trainer"
)");
  auto base = project::test::base("ubuntu 24.04", "3.12");
  base.snapshot = "20250606T080910Z";
  expect_golden("nightly.Dockerfile",
                rendered(recipe, project::test::lock_of(closure(), std::move(base)),
                         {{"/workspace/", "trainer", {}, true}, {"/opt/our tools/", "0:0", {}}}));
}

TEST(Dockerfile, GivesTheUserItsWorkFolder) {
  const auto lock = project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12"));
  const auto recipe = project::test::recipe(kRecipe + "[image]\nuser = \"trainer\"\n");
  const std::string install = "install -d -o trainer -g $(id -g trainer) ";
  EXPECT_THAT(rendered(recipe, lock, {{"/our $pace/", "trainer", {}, true}, {"/data/", "trainer", {}}}),
              testing::HasSubstr(install + "'/our $pace/'\"]\n"));
  for (const auto& copies : std::vector<std::vector<ProjectCopy>>{
           {}, {{"/", "trainer", {}, true}}, {{"/workspace/", "0:0", {}}, {"/data/", "trainer", {}}}}) {
    EXPECT_THAT(rendered(recipe, lock, copies), testing::Not(testing::HasSubstr(install)));
  }
}

TEST(Dockerfile, OnABaseWithAUserRunsAsRootAndEndsWithThatUser) {
  auto base = project::test::base("ubuntu 24.04", "3.12");
  base.user = "65534:10";
  const auto lock = project::test::lock_of({}, base);
  const auto plain = project::test::recipe(kRecipe);
  const std::vector<ProjectCopy> copies = {{"/srv/", "65534:10", {}, true}};
  const auto text = rendered(plain, lock, copies);
  EXPECT_THAT(text, testing::HasSubstr("\nUSER 0\nENV "));
  EXPECT_THAT(text, testing::HasSubstr("install -d -o 65534 -g 10 /srv/\"]\n"));
  EXPECT_THAT(text, testing::HasSubstr("COPY --chown=65534:10 [\"project/0/\", \"/srv/\"]\n"));
  EXPECT_THAT(text, testing::HasSubstr("\nUSER 65534:10\nENTRYPOINT []\n"));
  const auto own = rendered(project::test::recipe(kRecipe + "[image]\nuser = \"trainer\"\n"), lock);
  EXPECT_THAT(own, testing::HasSubstr("\nUSER 0\nENV "));
  EXPECT_THAT(own, testing::HasSubstr("\nUSER trainer\nENTRYPOINT []\n"));
  const auto system = render_system({plain, lock, {}}).value();
  EXPECT_THAT(system, testing::HasSubstr("\nUSER 0\nRUN "));
  base.user.clear();
  EXPECT_THAT(rendered(plain, project::test::lock_of({}, base), {{"/srv/", "0:0", {}}}),
              testing::Not(testing::HasSubstr("USER")));
}

TEST(Dockerfile, OfADebianWithPackages) {
  const auto recipe =
      project::test::recipe(replace_all(kRecipe, "3.12", "3.11") + "[image]\napt = [\"g++\"]\n");
  const auto text = [&](const std::optional<std::string>& archive) {
    auto base = project::test::base("debian 12", "3.11");
    base.snapshot = "20250606T080910Z";
    base.archive = archive;
    auto lock = project::test::lock_of({package("numpy", "2.2.6", 16'500'000)}, std::move(base));
    lock.lock.provenance.cuda = fakes::accelerator("cpu");
    return rendered(recipe, lock);
  };
  const auto ours = text("http://ours.example/archive/{archive}/{date}");
  const auto own = text(std::nullopt);
  const auto live = text("live");
  expect_golden("debian.Dockerfile", own);
  EXPECT_THAT(ours,
              testing::HasSubstr("#http://ours.example/archive/debian\\\\2/20250606T080910Z/\\\\3#g'; "));
  EXPECT_THAT(live, testing::HasSubstr("  apt-get update -q; \\\n  apt-get install -q -y "
                                       "--no-install-recommends $missing; \\\n  apt-get clean; "));
  EXPECT_EQ(std::set({ours, own, live}).size(), 3U) << "the layer is kept by the digest of this text";
}

TEST(Dockerfile, OfADebianThatHasNoSnapshots) {
  auto lock = project::test::lock_of({package("numpy", "2.2.6", 16'500'000)},
                                     project::test::base("debian 12", "3.11"));
  lock.lock.provenance.cuda = fakes::accelerator("cpu");
  auto recipe = project::test::recipe(kRecipe);
  recipe.python = fakes::python("3.11");
  expect_golden("cpu.Dockerfile", rendered(recipe, lock));
}

TEST(Dockerfile, WithAStandalonePythonRunsNoApt) {
  auto lock = project::test::lock_of({package("numpy", "2.2.6", 16'500'000)},
                                     project::test::base("ubuntu 24.04", "3.12"));
  const auto recipe = project::test::recipe(kRecipe);
  lock.lock.provenance.interpreter =
      project::choose_python_build(recipe.python, 4, recipe.platforms, {}).value();
  const auto text = rendered(recipe, lock);
  expect_golden("standalone.Dockerfile", text);
  EXPECT_EQ(image_interpreter(lock.lock.provenance), "/python/bin/python3");
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("apt-get")));
}

TEST(Dockerfile, IgnoresAllButItsContext) {
  expect_golden("dockerignore", render_dockerignore());
}

TEST(Dockerfile, NeedsABaseImageInTheLock) {
  auto lock = project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12"));
  lock.lock.provenance.base.reset();
  EXPECT_EQ(rendered(project::test::recipe(kRecipe), lock),
            "error: the lock lockfiles/pylock.demo.toml names no base image\n\nhint: run `launch lock demo` "
            "to fill it in\n");
  lock.lock.provenance.base = project::test::base("ubuntu 24.04", "3.12");
  lock.lock.provenance.base->digest.reset();
  EXPECT_EQ(
      rendered(project::test::recipe(kRecipe), lock),
      "error: the lock lockfiles/pylock.demo.toml leaves the digest of the base image "
      "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 open\n\nhint: run `launch lock demo` to fill it in\n");
  lock.lock.provenance.base = project::test::base("ubuntu 24.04", "3.12");
  lock.lock.provenance.base->name = "docker.io/nvidia/cuda\nRUN evil";
  EXPECT_THAT(rendered(project::test::recipe(kRecipe), lock), testing::StartsWith("error: "));
}

TEST(Dockerfile, NeedsABaseOfTheMajorCudaOfTorch) {
  auto base = project::test::base("ubuntu 22.04", "3.10");
  base.tag = "11.8.0-base-ubuntu22.04";
  const auto lock = project::test::lock_of(closure(), base);
  EXPECT_EQ(rendered(project::test::recipe(kRecipe), lock),
            "error: the lock lockfiles/pylock.demo.toml names the base image "
            "docker.io/nvidia/cuda:11.8.0-base-ubuntu22.04 with CUDA 11.8.0, but its torch is built for CUDA "
            "12.8\n\nhint: run `launch lock demo` to choose a base image that fits\n");
}

TEST(BaseCuda, OfAnotherMinorVersionIsAWarning) {
  const auto warning = [](const std::string& name, const std::string& tag) {
    auto base = project::test::base("ubuntu 24.04", "3.12");
    base.name = name;
    base.tag = tag;
    return check_base_cuda("demo", project::test::lock_of(closure(), base)).value();
  };
  EXPECT_EQ(
      warning("docker.io/nvidia/cuda", "12.6.3-base-ubuntu24.04"),
      "the base image docker.io/nvidia/cuda:12.6.3-base-ubuntu24.04 has CUDA 12.6.3, the locked torch is "
      "built for CUDA 12.8; the major version is the same, so it runs, but code compiled in the image "
      "sees the base's");
  EXPECT_EQ(warning("docker.io/nvidia/cuda", "12.8.1-base-ubuntu24.04"), "");
  EXPECT_EQ(warning("docker.io/library/debian", "11.8.0"), "") << "its CUDA is unknown";
  EXPECT_EQ(warning("docker.io/nvidia/cuda", "11.8 evil"), "") << "no image; the Dockerfile refuses it";
}

TEST(Layers, AreLargestFirstAndShareWhatIsSmall) {
  auto packages = closure();
  packages.push_back(package("triton", "3.5.0", 170'000'000));
  const auto lock =
      project::test::lock_of(std::move(packages), project::test::base("ubuntu 24.04", "3.12")).lock;
  EXPECT_THAT(plan_layers(lock),
              testing::ElementsAre(Layer{"nvidia-cudnn-cu12"}, Layer{"nvidia-cublas-cu12"},
                                   Layer{"nvidia-cuda-runtime-cu12", "nvidia-nvtx-cu12"}, Layer{"triton"},
                                   Layer{"torch"}, Layer{"numpy"}, Layer{"filelock", "typing-extensions"}));
}

TEST(Layers, StayBelowWhatEnginesStack) {
  std::vector<project::LockedPackage> packages;
  packages.reserve(150);
  for (int i = 0; i < 150; ++i) packages.push_back(package("big" + std::to_string(i), "1", 100'000'000));
  const auto layers = plan_layers(
      project::test::lock_of(std::move(packages), project::test::base("ubuntu 24.04", "3.12")).lock);
  EXPECT_EQ(layers.size(), 91U);
  EXPECT_EQ(layers.back().size(), 60U);
}

TEST(WheelsFor, APlatformAreThoseThatItsMarkersAndTagsAllow) {
  auto packages = closure();
  packages[0].marker = "platform_machine == \"aarch64\"";
  packages[1].wheels.push_back(packages[1].wheels[0]);
  packages[1].wheels[1].file_name = "numpy-2.2.6-cp312-cp312-manylinux_2_28_x86_64.whl";
  const auto lock =
      project::test::lock_of(std::move(packages), project::test::base("ubuntu 24.04", "3.12")).lock;
  const auto wheels = wheels_for(lock, fakes::python("3.12"), fakes::x86()).value();
  EXPECT_EQ(wheels.size(), 7U);
  EXPECT_EQ(wheels[0].wheel.file_name, "numpy-2.2.6-cp312-cp312-manylinux_2_28_x86_64.whl");
  EXPECT_EQ(wheels_for(lock, fakes::python("3.12"), fakes::arm()).error().message(),
            "the lock has no wheel of numpy 2.2.6 for Python 3.12 on linux-aarch64 with glibc 2.39");
}

TEST(Quoting, OfAWordIsUndoneByTheBuilder) {
  EXPECT_EQ(dockerfile_word("plain-1.0/x:y"), "plain-1.0/x:y");
  EXPECT_EQ(dockerfile_word(""), "\"\"");
  EXPECT_EQ(dockerfile_word("two words"), "\"two words\"");
  EXPECT_EQ(dockerfile_word("a\"b\\c$d"), "\"a\\\"b\\\\c\\$d\"");
  EXPECT_EQ(dockerfile_word("# no remark"), "\"# no remark\"");
}

TEST(Quoting, OfACopyPathKeepsSpacesAndVariables) {
  EXPECT_EQ(dockerfile_copy_path("/workspace/"), "\"/workspace/\"");
  EXPECT_EQ(dockerfile_copy_path("/our space/$HOME/"), "\"/our\\\\ space/\\\\$HOME/\"");
  EXPECT_EQ(dockerfile_copy_path("/a\"b/"), "\"/a\\\\\\\"b/\"");
}

TEST(Quoting, OfAScriptIsJsonOverLines) {
  const std::vector<std::string> lines = {"a=\"x\"; ", "echo '\\' "};
  EXPECT_EQ(
      run_script(lines),
      "RUN [\"/bin/bash\", \"-euo\", \"pipefail\", \"-c\", \"\\\n  a=\\\"x\\\"; \\\n  echo '\\\\' \"]\n");
}

}  // namespace
}  // namespace launch::image
