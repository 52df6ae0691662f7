#include "train/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/machine_tree.hpp"
#include "fakes/values.hpp"
#include "unit/base/scratch.hpp"
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
    complete_gpus(gpus, runner_);
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

TEST_F(CheckGpus, LooksAtTheDriverOfInstances) {
  runner_.on(kQuery, {.out = "0, GPU-a, 470.256.02, 8.0\n"});
  MachineGpus gpus{.usable = {{.index = "0"}}};
  complete_gpus(gpus, runner_);
  ASSERT_TRUE(limit_gpus(gpus, {{"CUDA_VISIBLE_DEVICES", "MIG-1"}}));
  const auto checked = check_gpus(plan_, lock_, gpus);
  ASSERT_FALSE(checked);
  EXPECT_EQ(
      checked.error().message(),
      "this machine has the NVIDIA driver 470.256.02, but the locked torch is built for CUDA 12.8, which "
      "needs 525.60.13 or newer");
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
  complete_gpus(gpus, runner_);
  EXPECT_EQ(gpus.usable.size(), 1U) << "it is not installed";
  EXPECT_TRUE(check_gpus(plan_, lock_, gpus));
  EXPECT_EQ(check("0, GPU-a, 1.0, 1.0\n", 9), "fits") << "it failed";
}

TEST(AskGpus, KnowsWhenTheDriverCountsAgain) {
  fakes::FakeRunner runner;
  runner.on(kQuery, {.out = "0, GPU-a, 580.1, 9.0, H100, 12, 81559, Disabled\n1, GPU-b, 580.1, 9.0\n"});
  MachineGpus gpus{.usable = {{.index = "0"}, {.index = "1"}}};
  complete_gpus(gpus, runner);
  EXPECT_FALSE(gpus.renumbered);
  EXPECT_EQ(gpus.name_of(gpus.usable[1]), "1");
  gpus = {.usable = {{.index = "2"}, {.index = "5"}}};
  complete_gpus(gpus, runner);
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

class AmdGpus : public ::testing::Test {
 protected:
  AmdGpus() {
    fakes::expand_machine(read_file(std::filesystem::path(LAUNCH_TEST_DATA) / "train/mi300x.tree").value(),
                          root_.path());
    gpus_ = find_gpus(*gpu_vendor(fakes::accelerator("rocm6.4")), root_.path());
  }
  /// The indices that are left with these variables, and the text that says why.
  std::string left(const std::map<std::string, std::string, std::less<>>& variables) const {
    auto gpus = gpus_;
    const auto limited = limit_gpus(gpus, variables);
    if (!limited) return limited.error().text();
    EXPECT_EQ(gpus.existing(), 8U);
    std::string out;
    for (const auto& gpu : gpus.usable) out += gpu.index + " ";
    return out + "| " + gpus.limit;
  }
  test::Scratch root_;
  MachineGpus gpus_;
};

TEST_F(AmdGpus, AreThoseOfTheComputeDriver) {
  ASSERT_EQ(gpus_.usable.size(), 8U);
  EXPECT_EQ(gpus_.vendor->name, "AMD");
  const auto& gpu = gpus_.usable[1];
  EXPECT_EQ(gpu.index, "1");
  EXPECT_EQ(gpu.name, "AMD gfx942");
  EXPECT_EQ(gpu.device, "/dev/dri/renderD136");
  EXPECT_EQ(gpu.address, "0000:15:00");
  EXPECT_EQ(gpu.memory, 206141652992U);
  EXPECT_EQ(gpus_.usable[0].uuid, "GPU-8af705259683161c");
  fakes::FakeRunner runner;
  complete_gpus(gpus_, runner);
  EXPECT_THAT(runner.asked(), testing::IsEmpty()) << "there is no tool to ask";
}

TEST_F(AmdGpus, AreChosenByRocmsVariables) {
  EXPECT_EQ(left({}), "0 1 2 3 4 5 6 7 | ");
  EXPECT_EQ(left({{"ROCR_VISIBLE_DEVICES", "6,2"}}), "6 2 | ROCR_VISIBLE_DEVICES=6,2");
  EXPECT_EQ(left({{"ROCR_VISIBLE_DEVICES", "3,GPU-8AF70525"}}), "3 0 | ROCR_VISIBLE_DEVICES=3,GPU-8AF70525");
  EXPECT_EQ(left({{"HIP_VISIBLE_DEVICES", "1"}, {"CUDA_VISIBLE_DEVICES", "5"}}), "1 | HIP_VISIBLE_DEVICES=1");
  EXPECT_EQ(left({{"CUDA_VISIBLE_DEVICES", "5"}}), "5 | CUDA_VISIBLE_DEVICES=5");
  EXPECT_EQ(left({{"HIP_VISIBLE_DEVICES", ""}}), "| HIP_VISIBLE_DEVICES=");
  EXPECT_EQ(left({{"NVIDIA_VISIBLE_DEVICES", "1"}}), "0 1 2 3 4 5 6 7 | ");
}

TEST_F(AmdGpus, HipCountsThoseThatRocrLeaves) {
  EXPECT_EQ(left({{"ROCR_VISIBLE_DEVICES", "6,2,4"}, {"HIP_VISIBLE_DEVICES", "2,0"}}),
            "4 6 | ROCR_VISIBLE_DEVICES=6,2,4 and HIP_VISIBLE_DEVICES=2,0");
  EXPECT_EQ(left({{"ROCR_VISIBLE_DEVICES", "6"}, {"HIP_VISIBLE_DEVICES", "6"}}),
            "error: ROCR_VISIBLE_DEVICES=6 and HIP_VISIBLE_DEVICES=6: this machine has no GPU \"6\"\n\n"
            "hint: set it to GPUs that `amd-smi list` lists, or unset it\n");
}

TEST(LimitGpusToInstances, AreNamedAsTheyAre) {
  MachineGpus gpus = gpus_of(1);
  ASSERT_TRUE(limit_gpus(gpus, {{"CUDA_VISIBLE_DEVICES", "MIG-1,MIG-2"}}));
  EXPECT_EQ(gpus.usable.size(), 2U);
  EXPECT_EQ(gpus.name_of(gpus.usable[1]), "MIG-2");
  EXPECT_EQ(gpus.existing(), 1U) << "they are parts of it";
}

}  // namespace
}  // namespace launch::train
