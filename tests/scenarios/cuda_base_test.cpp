#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "scenarios/lock_scenario.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Recipes whose packages bring CUDA's runtime, on a base of CUDA 12.6.
class CudaBase : public LockScenario {
 protected:
  CudaBase() {
    for (const auto* name : {"nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime"})
      for (const auto* version : {"12.6.77", "12.8.90", "13.0.96"})
        index_.add({.name = name, .version = version});
    registry_.offer("nvidia/cuda", "12.6.3-base-ubuntu24.04", {"CUDA_VERSION=12.6.3"});
    scenario_.set("LAUNCH_STORE", scenario_.place("store").string());
  }
  void cuda(const std::string& package) {
    scenario_.write("recipes/demo.toml",
                    fmt::format("python = \"3.12\"\npackages = [\"{}\"]\n[image]\n"
                                "from = \"docker.io/nvidia/cuda:12.6.3-base-ubuntu24.04\"\n",
                                package));
  }
  static constexpr const char* kWarning =
      "warning: the base image docker.io/nvidia/cuda:12.6.3-base-ubuntu24.04 has CUDA 12.6.3, the locked "
      "torch "
      "is built for CUDA 12.8; the major version is the same, so it runs, but code compiled in the image "
      "sees "
      "the base's\n";
};

TEST_F(CudaBase, OfTheSameReleaseIsFine) {
  cuda("nvidia-cuda-runtime-cu12==12.6.77");
  EXPECT_THAT(scenario_.launch({"lock", "demo"}).err, Not(HasSubstr("warning")));
  EXPECT_EQ(scenario_.launch({"render", "demo"}).err, "images/demo/Dockerfile is written\n");
}

TEST_F(CudaBase, OfAnotherMinorVersionIsAWarning) {
  cuda("nvidia-cuda-runtime-cu12==12.8.90");
  auto done = scenario_.launch({"lock", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, testing::StartsWith(kWarning));
  done = scenario_.launch({"lock", "demo"});
  EXPECT_THAT(done.err, testing::StartsWith(kWarning)) << "the kept base is still another";
  EXPECT_THAT(done.err, testing::EndsWith("lockfiles/pylock.demo.toml is unchanged\n"));
  done = scenario_.launch({"render", "demo"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, std::string(kWarning) + "images/demo/Dockerfile is written\n");
}

TEST_F(CudaBase, OfAnotherMajorVersionIsRefusedAlsoIfItIsKept) {
  const std::string error =
      "error: the base image docker.io/nvidia/cuda:12.6.3-base-ubuntu24.04 has CUDA 12.6.3, but the locked "
      "torch is built for CUDA 13.0\n";
  const std::string hint =
      "\nhint: set `from` under [image] in recipes/demo.toml to an image with CUDA 13, or leave it out\n";
  cuda("nvidia-cuda-runtime==13.0.96");
  auto done = refused({"lock", "demo"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(
      done.err,
      error + "  while asking for the base image docker.io/nvidia/cuda:12.6.3-base-ubuntu24.04\n" + hint);
  cuda("nvidia-cuda-runtime-cu12==12.6.77");
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  cuda("nvidia-cuda-runtime==13.0.96");
  done = refused({"lock", "demo"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, error + hint);
}

TEST_F(CudaBase, ThatIsKeptGetsTheDriverFloorOfTheNewTorch) {
  recipe("\"nvidia-cuda-runtime-cu12==12.8.90\"");
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  EXPECT_THAT(lock(), HasSubstr("driver-floor = \"525.60.13\"\n"));
  recipe("\"nvidia-cuda-runtime==13.0.96\"");
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  EXPECT_THAT(lock(), HasSubstr("driver-floor = \"580\"\n"));
}

TEST_F(CudaBase, OfALockThatWasEditedIsRefused) {
  cuda("nvidia-cuda-runtime-cu12==12.6.77");
  ASSERT_EQ(scenario_.launch({"lock", "demo"}).code, 0);
  scenario_.write("lockfiles/pylock.demo.toml", replace_all(lock(), "tag = \"12.6.3-", "tag = \"11.8.0-"));
  for (const auto* command : {"render", "build"}) {
    const auto done = scenario_.launch({command, "demo"});
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(
        done.err,
        "error: the lock [ROOT]/lockfiles/pylock.demo.toml names the base image "
        "docker.io/nvidia/cuda:11.8.0-base-ubuntu24.04 with CUDA 11.8.0, but its torch is built for CUDA "
        "12.6\n\nhint: run `launch lock demo` to choose a base image that fits\n");
  }
}

}  // namespace
}  // namespace launch::scenarios
