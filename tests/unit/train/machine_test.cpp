#include "train/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_runner.hpp"
#include "fakes/values.hpp"
#include "unit/project/fixture.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kQuery =
    "nvidia-smi --query-gpu=index,uuid,driver_version,compute_cap,name --format=csv,noheader";

class CheckGpus : public ::testing::Test {
 protected:
  CheckGpus() { plan_.nodes = {{.index = 0, .host = "n0", .gpus = specs::GpuSet::all()}}; }

  /// With these lines of nvidia-smi.
  std::string check(const std::string& answer, int exit_code = 0) {
    runner_.on(kQuery, {.exit_code = exit_code, .out = answer});
    const auto checked = check_gpus(plan_, lock_, runner_);
    return checked ? "fits" : checked.error().message();
  }

  fakes::FakeRunner runner_;
  Plan plan_;
  project::Lockfile lock_ =
      project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12")).lock;  ///< of cu128
};

TEST_F(CheckGpus, NamesTheDriverAndTheOneThatIsNeeded) {
  EXPECT_EQ(
      check("0, GPU-a, 470.256.02, 8.0\n"),
      "this machine has the NVIDIA driver 470.256.02, but the locked torch is built for CUDA 12.8, which "
      "needs 525.60.13 or newer");
  EXPECT_THAT(runner_.asked(), ElementsAre(kQuery));
}

TEST_F(CheckGpus, BelievesTheLockBeforeTheTable) {
  lock_.provenance.base->driver_floor = "570";
  EXPECT_EQ(
      check("0, GPU-a, 535.183.01, 8.0\n"),
      "this machine has the NVIDIA driver 535.183.01, but the locked torch is built for CUDA 12.8, which "
      "needs 570 or newer");
}

TEST_F(CheckGpus, LooksAtTheGpusOfTheNodesAlone) {
  plan_.nodes = {{.index = 0, .host = "n0", .gpus = specs::GpuSet::of_devices({"0"})},
                 {.index = 1, .host = "n1", .gpus = specs::GpuSet::of_devices({"2"})}};
  const std::string old_one = "0, GPU-a, 580.1, 8.0\n1, GPU-b, 580.1, 6.1\n2, GPU-c, 580.1, 8.0\n";
  EXPECT_EQ(check(old_one), "fits");
  plan_.nodes[1].gpus = specs::GpuSet::of_devices({"1"});
  EXPECT_EQ(check(old_one),
            "GPU 1 has compute capability 6.1, but the wheels for CUDA 12.8 are built for 7.0 and newer");
}

TEST_F(CheckGpus, AsksNothingIfItDoesNotMatter) {
  plan_.nodes[0].gpus = specs::GpuSet::none();
  EXPECT_EQ(check("0, GPU-a, 1.0, 1.0\n"), "fits");
  plan_.nodes[0].gpus = specs::GpuSet::all();
  lock_.provenance.cuda = fakes::accelerator("cpu");
  EXPECT_EQ(check("0, GPU-a, 1.0, 1.0\n"), "fits");
  EXPECT_THAT(runner_.asked(), IsEmpty());
}

TEST_F(CheckGpus, RefusesNothingIfNvidiaSmiCannotTell) {
  EXPECT_TRUE(check_gpus(plan_, lock_, runner_)) << "it is not installed";
  EXPECT_EQ(check("0, GPU-a, 1.0, 1.0\n", 9), "fits") << "it failed";
}

}  // namespace
}  // namespace launch::train
