#include "train/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_runner.hpp"
#include "fakes/values.hpp"
#include "unit/project/fixture.hpp"
#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

const std::string kQuery =
    "nvidia-smi "
    "--query-gpu=index,uuid,driver_version,compute_cap,name,memory.used,memory.total,mig.mode.current,pci."
    "bus_id"
    " --format=csv,noheader,nounits";

class CheckGpus : public ::testing::Test {
 protected:
  CheckGpus() { plan_.nodes = {{.index = 0, .host = "n0", .gpus = specs::GpuSet::all()}}; }

  /// With these lines of nvidia-smi.
  std::string check(const std::string& answer, int exit_code = 0) {
    runner_.on(kQuery, {.exit_code = exit_code, .out = answer});
    MachineGpus gpus{.usable = {{.index = "0"}}};
    ask_gpus(gpus, runner_);
    const auto checked = check_gpus(plan_, lock_, gpus);
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

TEST_F(CheckGpus, IgnoresGpusThatDoNotMatter) {
  plan_.nodes[0].gpus = specs::GpuSet::none();
  EXPECT_EQ(check("0, GPU-a, 1.0, 1.0\n"), "fits");
  plan_.nodes[0].gpus = specs::GpuSet::all();
  lock_.provenance.cuda = fakes::accelerator("cpu");
  EXPECT_EQ(check("0, GPU-a, 1.0, 1.0\n"), "fits");
}

TEST_F(CheckGpus, RefusesNothingIfNvidiaSmiCannotTell) {
  MachineGpus gpus{.usable = {{.index = "0"}}};
  ask_gpus(gpus, runner_);
  EXPECT_EQ(gpus.usable.size(), 1U) << "it is not installed";
  EXPECT_TRUE(check_gpus(plan_, lock_, gpus));
  EXPECT_EQ(check("0, GPU-a, 1.0, 1.0\n", 9), "fits") << "it failed";
}

TEST(AskGpus, KnowsWhenTheDriverCountsAgain) {
  fakes::FakeRunner runner;
  runner.on(kQuery, {.out = "0, GPU-a, 580.1, 9.0, H100, 12, 81559, Disabled\n1, GPU-b, 580.1, 9.0\n"});
  MachineGpus gpus{.usable = {{.index = "0"}, {.index = "1"}}};
  ask_gpus(gpus, runner);
  EXPECT_FALSE(gpus.renumbered);
  EXPECT_EQ(gpus.name_of(gpus.usable[1]), "1");
  gpus = {.usable = {{.index = "2"}, {.index = "5"}}};
  ask_gpus(gpus, runner);
  EXPECT_TRUE(gpus.renumbered) << "/dev has others";
  EXPECT_EQ(gpus.name_of(gpus.usable[1]), "GPU-b");
}

class LimitGpus : public ::testing::Test {
 protected:
  std::string usable(const std::string& name, const std::string& value) {
    MachineGpus gpus = gpus_of(3);
    gpus.usable[1].uuid = "GPU-5f3c-1";
    const auto limited = limit_gpus(gpus, {{name, value}});
    if (!limited) return limited.error().text();
    std::string out;
    for (const auto& gpu : gpus.usable) out += gpu.index + " ";
    EXPECT_EQ(gpus.existing(), 3U);
    return out + "| " + gpus.limit;
  }
};

TEST_F(LimitGpus, ToThoseThatCudaSees) {
  EXPECT_EQ(usable("CUDA_VISIBLE_DEVICES", "2,0"), "2 0 | CUDA_VISIBLE_DEVICES=2,0");
  EXPECT_EQ(usable("CUDA_VISIBLE_DEVICES", " GPU-5f3c"), "1 | CUDA_VISIBLE_DEVICES=GPU-5f3c");
  EXPECT_EQ(usable("CUDA_VISIBLE_DEVICES", ""), "| CUDA_VISIBLE_DEVICES=");
  EXPECT_EQ(usable("CUDA_VISIBLE_DEVICES", "-1"), "| CUDA_VISIBLE_DEVICES=-1");
  EXPECT_EQ(usable("CUDA_VISIBLE_DEVICES", "0,7"),
            "error: CUDA_VISIBLE_DEVICES=0,7: this machine has no GPU \"7\"\n\n"
            "hint: set it to GPUs that `nvidia-smi -L` lists, or unset it\n");
}

TEST_F(LimitGpus, ToThoseThatNvidiasRuntimeGives) {
  EXPECT_EQ(usable("NVIDIA_VISIBLE_DEVICES", "all"), "0 1 2 | ");
  EXPECT_EQ(usable("NVIDIA_VISIBLE_DEVICES", ""), "0 1 2 | ");
  EXPECT_EQ(usable("NVIDIA_VISIBLE_DEVICES", "void"), "| NVIDIA_VISIBLE_DEVICES=void");
  EXPECT_EQ(usable("NVIDIA_VISIBLE_DEVICES", "1"), "1 | NVIDIA_VISIBLE_DEVICES=1");
  EXPECT_EQ(usable("OTHER", "1"), "0 1 2 | ");
}

TEST(LimitGpusToInstances, AreNamedAsTheyAre) {
  MachineGpus gpus = gpus_of(1);
  ASSERT_TRUE(limit_gpus(gpus, {{"CUDA_VISIBLE_DEVICES", "MIG-1,MIG-2"}}));
  EXPECT_EQ(gpus.usable.size(), 2U);
  EXPECT_EQ(gpus.name_of(gpus.usable[1]), "MIG-2");
}

}  // namespace
}  // namespace launch::train
