#include "locking/base_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_reporter.hpp"
#include "fakes/values.hpp"
#include "pytorch/toolkits.hpp"
#include "unit/project/fixture.hpp"

namespace launch::locking {
namespace {

using project::test::recipe;

const std::string kHead =
    "platforms = [\"linux-x86_64\"]\n[torch]\nchannel = \"index\"\npackages = [\"torch\"]\n";

/// With the base's own Python, unless `image` says otherwise.
project::Recipe with_python(const std::string& python, const std::string& image = {}) {
  const std::string own = image.find("python = ") == std::string::npos ? "python = \"base\"\n" : "";
  return recipe("python = \"" + python + "\"\n" + kHead + "[image]\n" + own + image + "\n");
}

std::string wanted(const project::Recipe& recipe, std::string_view accelerator) {
  const auto reference = wanted_base(recipe, fakes::accelerator(accelerator));
  return reference ? reference->name() + ":" + reference->tag : reference.error().text();
}

registry::RemoteImage remote(std::map<std::string, std::string> labels,
                             std::vector<std::string> environment = {}) {
  registry::RemoteImage image;
  image.digest = Digest::parse(project::test::kDigest);
  image.platforms = {{"linux/amd64", fakes::digest('c')}};
  image.labels = std::move(labels);
  image.environment = std::move(environment);
  return image;
}

registry::RemoteImage ubuntu(const std::string& version) {
  return remote(
      {{"org.opencontainers.image.ref.name", "ubuntu"}, {"org.opencontainers.image.version", version}});
}

std::string found_base(const project::Recipe& recipe, std::string_view accelerator,
                       const registry::RemoteImage& image) {
  const auto reference = wanted_base(recipe, fakes::accelerator(accelerator)).value();
  fakes::FakeReporter reporter;
  const auto base = base_from(recipe, fakes::accelerator(accelerator), reference, image, reporter);
  return base ? base->distribution + " | " + base->python.text() + " | " + base->driver_floor
              : base.error().text();
}

TEST(BaseFrom, HasTheUserOfTheImage) {
  const auto reference = wanted_base(with_python("3.12"), fakes::accelerator("cu128")).value();
  fakes::FakeReporter reporter;
  auto image = ubuntu("24.04");
  const auto base = [&](const std::string& user) {
    image.user = user;
    return base_from(with_python("3.12"), fakes::accelerator("cu128"), reference, image, reporter);
  };
  EXPECT_EQ(base("")->user, "");
  EXPECT_EQ(base("65534")->user, "65534");
  EXPECT_EQ(base("$(id)").error().text(),
            "error: the base image docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 runs as the user \"$(id)\", "
            "expected a "
            "name or a number\n");
}

TEST(WantedBase, IsTheCudaImageOfTheToolkit) {
  EXPECT_EQ(wanted(with_python("3.12"), "cu128"), "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04");
  EXPECT_EQ(wanted(with_python("3.12", "variant = \"devel\""), "cu130"),
            "docker.io/nvidia/cuda:13.0.3-devel-ubuntu24.04");
  EXPECT_EQ(wanted(with_python("3.12"), "cu121"), "docker.io/nvidia/cuda:12.1.1-base-ubuntu22.04");
  EXPECT_EQ(wanted(with_python("3.10"), "cu128"), "docker.io/nvidia/cuda:12.8.1-base-ubuntu22.04");
}

TEST(WantedBase, OfOtherAcceleratorsIsThatOfTheTable) {
  EXPECT_EQ(wanted(with_python("3.12"), "rocm6.4"), "docker.io/rocm/dev-ubuntu-24.04:6.4.4");
  EXPECT_EQ(wanted(with_python("3.12", "variant = \"devel\""), "rocm6.4"),
            "docker.io/rocm/dev-ubuntu-24.04:6.4.4-complete");
  EXPECT_EQ(wanted(with_python("3.12"), "xpu"),
            "docker.io/intel/deep-learning-essentials:2025.3.2-0-devel-ubuntu24.04");
  EXPECT_EQ(wanted(with_python("3.12"), "rocm5.7"),
            "error: no known base image for rocm5.7\n\nhint: set from = \"any/image:tag\" under [image] in "
            "recipes/demo.toml\n");
  EXPECT_EQ(found_base(with_python("3.12"), "rocm6.4", remote({})), "ubuntu 24.04 | 3.12 | ")
      << "the distribution is that of the table";
  auto rocm = with_python("3.10");
  rocm.torch.cuda = fakes::accelerator("rocm6.4");
  EXPECT_EQ(glibc_minor_for(rocm).value(), 35) << "of the recipe's Python, in case the base is another";
  rocm.python = fakes::python("3.12");
  EXPECT_EQ(glibc_minor_for(rocm).value(), 39);
}

TEST(WantedBase, OfANewerToolkitIsTheNewestOfItsMajorVersion) {
  EXPECT_EQ(wanted(with_python("3.12"), "cu134"), "docker.io/nvidia/cuda:13.4.2-base-ubuntu24.04");
  EXPECT_EQ(wanted(with_python("3.12"), "cu140"),
            "error: no known base image for cu140\n\nhint: set from = \"any/image:tag\" under [image] in "
            "recipes/demo.toml\n");
}

TEST(WantedBase, ForCpuIsTheDistributionThatHasThePython) {
  EXPECT_EQ(wanted(with_python("3.12"), "cpu"), "docker.io/library/ubuntu:24.04");
  EXPECT_EQ(wanted(with_python("3.11"), "cpu"), "docker.io/library/debian:12-slim");
  EXPECT_EQ(wanted(with_python("3.14"), "cpu"),
            "error: no known base image has Python 3.14: Ubuntu 22.04 has 3.10, Debian 12 has 3.11, "
            "Ubuntu 24.04 has "
            "3.12 and Debian 13 has 3.13\n\nhint: set python in recipes/demo.toml to one of these, or `from` "
            "under [image] to an "
            "image that has it, such as \"docker.io/library/python:3.14-slim\"\n");
}

TEST(WantedBase, OfAStandalonePythonNeedsNone) {
  const std::string standalone = "python = \"standalone\"";
  EXPECT_EQ(wanted(with_python("3.11", standalone), "cu121"),
            "docker.io/nvidia/cuda:12.1.1-base-ubuntu22.04");
  EXPECT_EQ(wanted(with_python("3.10", standalone), "cu128"),
            "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04");
  EXPECT_EQ(wanted(with_python("3.14t", standalone), "cpu"), "docker.io/library/ubuntu:24.04");
  EXPECT_EQ(glibc_minor_for(with_python("3.14", standalone)).value(), 39);
  EXPECT_EQ(glibc_minor_for(with_python("3.14", standalone + "\nfrom = \"debian:12\"")).value(), 36);
}

TEST(InterpreterFor, TheBasesOwnIsNone) {
  EXPECT_EQ(interpreter_for(with_python("3.12"), {}, Renew::no, {}).value(), std::nullopt);
}

TEST(InterpreterFor, ThePreviousLocksIsKeptUntilAnUpgrade) {
  const auto wanted = with_python("3.12", "python = \"standalone\"");
  auto previous = project::Lockfile{};
  previous.provenance.interpreter =
      project::choose_python_build(fakes::python("3.12"), 4, specs::Platform::all(), {}).value();
  const auto version = [&](const project::Recipe& recipe, Renew renew) {
    const auto build = interpreter_for(recipe, previous, renew, {});
    return build ? (*build)->version() : build.error().text();
  };
  EXPECT_EQ(version(wanted, Renew::no), "3.12.4");
  EXPECT_EQ(version(wanted, Renew::yes), "3.12.15");
  EXPECT_EQ(version(with_python("3.13", "python = \"standalone\""), Renew::no), "3.13.17");
  EXPECT_EQ(version(with_python("3.12.7", "python = \"standalone\""), Renew::no), "3.12.7");
  EXPECT_EQ(interpreter_for(wanted, previous, Renew::no, {}).value()->archives.size(), 1U);
  EXPECT_EQ(interpreter_for(wanted, {}, Renew::no, {}).value()->archives.size(), 1U)
      << "of the recipe's platforms";
}

TEST(WantedBase, IsWhatTheRecipeNames) {
  EXPECT_EQ(wanted(with_python("3.12", "from = \"ubuntu:24.04\""), "cu128"),
            "docker.io/library/ubuntu:24.04");
}

TEST(Glibc, IsKnownBeforeTheBaseIs) {
  EXPECT_EQ(glibc_minor_for(with_python("3.12")).value(), 39);
  EXPECT_EQ(glibc_minor_for(with_python("3.11")).value(), 36);
  EXPECT_EQ(glibc_minor_for(with_python("3.10")).value(), 35);
  EXPECT_EQ(glibc_minor_for(with_python("3.14")).value(), 35);
  EXPECT_EQ(glibc_minor_for(with_python("3.13", "from = \"debian:13-slim\"")).value(), 41);
  EXPECT_EQ(glibc_minor_for(with_python("3.12", "from = \"my.example/base:1\"")).value(), 35);
}

TEST(BaseFrom, TakesTheDistributionFromTheImageBeforeItsTag) {
  EXPECT_EQ(found_base(with_python("3.12"), "cu128", ubuntu("24.04")), "ubuntu 24.04 | 3.12 | 525.60.13");
  EXPECT_EQ(found_base(with_python("3.12"), "cu130", remote({})), "ubuntu 24.04 | 3.12 | 580");
  const auto stand_in =
      remote({{"org.opencontainers.image.ref.name", "debian"}, {"org.opencontainers.image.version", "12"}});
  EXPECT_EQ(found_base(with_python("3.11"), "cu128", stand_in), "debian 12 | 3.11 | 525.60.13");
}

TEST(BaseFrom, BelievesImagesOfThePythonLibrary) {
  const auto own = with_python("3.14", "from = \"python:3.14-slim\"");
  EXPECT_EQ(found_base(own, "cpu", remote({}, {"PYTHON_VERSION=3.14.1"})), " | 3.14 | ");
}

TEST(BaseFrom, RefusesAnotherPython) {
  EXPECT_EQ(found_base(with_python("3.11"), "cu128", ubuntu("24.04")),
            "error: the base image docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 (Ubuntu 24.04) has Python "
            "3.12, but "
            "recipes/demo.toml requires python = \"3.11\"\n\n"
            "hint: set python = \"3.12\" in recipes/demo.toml\n"
            "hint: or keep Python 3.11 and set from = \"docker.io/library/debian:12-slim\" under [image], or "
            "any image of "
            "Debian 12\n");
}

TEST(BaseFrom, RefusesAnImageThatDoesNotSayWhatItHas) {
  EXPECT_EQ(
      found_base(with_python("3.12", "from = \"my.example/base:1\""), "cu128", remote({})),
      "error: cannot determine the Python version of the base image my.example/base:1: expected labels that "
      "name Ubuntu "
      "22.04 or 24.04 or Debian 12 or 13, or the variable PYTHON_VERSION\n\n"
      "hint: set `from` under [image] in recipes/demo.toml to an image that has one of these\n");
}

TEST(BaseFrom, WithAStandalonePythonMayBeAnything) {
  const auto recipe = with_python("3.13", "python = \"standalone\"\nfrom = \"some/image:1\"");
  EXPECT_EQ(found_base(recipe, "cpu", remote({})), " | 3.13 | ");
  EXPECT_EQ(found_base(recipe, "cpu", ubuntu("22.04")), "ubuntu 22.04 | 3.13 | ");
}

TEST(BaseFrom, RefusesAnotherMajorCuda) {
  auto image = ubuntu("24.04");
  image.environment = {"CUDA_VERSION=13.0.3"};
  const auto named = with_python("3.12", "from = \"docker.io/nvidia/cuda:13.0.3-base-ubuntu24.04\"");
  EXPECT_EQ(
      found_base(named, "cu128", image),
      "error: the base image docker.io/nvidia/cuda:13.0.3-base-ubuntu24.04 has CUDA 13.0.3, but the "
      "locked torch is "
      "built for CUDA 12.8\n\n"
      "hint: set `from` under [image] in recipes/demo.toml to an image with CUDA 12, or leave it out\n");
}

TEST(BaseFrom, WarnsOfAnotherMinorCuda) {
  auto image = ubuntu("24.04");
  image.environment = {"CUDA_VERSION=12.6.3"};
  const auto named = with_python("3.12", "from = \"docker.io/nvidia/cuda:13.0.3-base-ubuntu24.04\"");
  const auto reference = wanted_base(named, fakes::accelerator("cu128")).value();
  fakes::FakeReporter reporter;
  EXPECT_TRUE(base_from(named, fakes::accelerator("cu128"), reference, image, reporter));
  EXPECT_THAT(reporter.warnings,
              testing::ElementsAre("the base image docker.io/nvidia/cuda:13.0.3-base-ubuntu24.04 has CUDA "
                                   "12.6.3, the locked torch is built for CUDA 12.8; the major version is "
                                   "the same, so it runs, but code compiled in the image sees the base's"))
      << "the image is believed before its tag";
}

TEST(BaseFrom, SaysNothingOfACudaThatIsUnknown) {
  const auto named = with_python("3.12", "from = \"docker.io/library/ubuntu:24.04\"");
  EXPECT_EQ(found_base(named, "cu128", ubuntu("24.04")), "ubuntu 24.04 | 3.12 | 525.60.13");
  const auto own = with_python("3.12", "from = \"mirror.example/nvidia/cuda:ours-ubuntu24.04\"");
  EXPECT_EQ(found_base(own, "cu128", ubuntu("24.04")), "ubuntu 24.04 | 3.12 | 525.60.13");
}

TEST(BaseFrom, RefusesAnImageWithoutAPlatform) {
  auto both = with_python("3.12");
  both.platforms = {fakes::x86(), fakes::arm()};
  EXPECT_EQ(
      found_base(both, "cu128", ubuntu("24.04")),
      "error: the base image docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 has no linux/arm64, which "
      "recipes/demo.toml requires\n\n"
      "hint: remove \"linux-aarch64\" from platforms, or set `from` under [image] to an image that has it\n");
}

TEST(Accelerator, OfALockIsSaidOrSeenFromItsCudaRuntime) {
  auto lock = project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12")).lock;
  EXPECT_EQ(project::accelerator(lock).text(), "cu128");
  lock.provenance.cuda.reset();
  EXPECT_EQ(project::accelerator(lock).text(), "cpu");
  lock.packages.push_back(project::test::package("nvidia-cuda-runtime", "13.0.96", 1));
  EXPECT_EQ(project::accelerator(lock).text(), "cu130");
  lock.packages[0] = project::test::package("nvidia-cuda-runtime-cu12", "12.8.90", 1);
  EXPECT_EQ(project::accelerator(lock).text(), "cu128");
}

}  // namespace
}  // namespace launch::locking
