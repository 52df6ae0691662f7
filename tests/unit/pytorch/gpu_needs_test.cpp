#include "pytorch/gpu_needs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/values.hpp"

namespace launch::pytorch {
namespace {

TEST(GpuNeeds, AreThoseOfTheTable) {
  const auto needs = [](std::string_view accelerator) {
    const auto found = gpu_needs(fakes::accelerator(accelerator));
    return found.cuda + " | " + found.driver_floor + " | " + found.gpu_floor;
  };
  EXPECT_EQ(needs("cu128"), "12.8 | 525.60.13 | 7.0");
  EXPECT_EQ(needs("cu118"), "11.8 | 450.80.02 | 3.7");
  EXPECT_EQ(needs("cu136"), "13.6 | 580 | ") << "of its wheels, nothing is known";
  EXPECT_EQ(needs("cpu"), " |  | ");
  EXPECT_EQ(needs("rocm6.3"), " |  | ");
}

TEST(Gpus, AreTheLinesOfNvidiaSmi) {
  const auto gpus = parse_gpus(
      "0, GPU-c75f5e34-60f1-5f7d-200a-ac52a1cc8df3, 580.159.04, 9.0, NVIDIA H100 80GB HBM3, 12, 81559, "
      "Enabled, 00000000:3B:00.0\n"
      "10, GPU-1, 580.159.04, [N/A]\n");
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].index, "0");
  EXPECT_EQ(gpus[0].uuid, "GPU-c75f5e34-60f1-5f7d-200a-ac52a1cc8df3");
  EXPECT_EQ(gpus[0].driver, "580.159.04");
  EXPECT_EQ(gpus[0].capability, "9.0");
  EXPECT_EQ(gpus[0].name, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(gpus[0].used, std::uint64_t{12} << 20);
  EXPECT_EQ(gpus[0].memory, std::uint64_t{81559} << 20);
  EXPECT_TRUE(gpus[0].divided);
  EXPECT_EQ(gpus[0].address, "0000:3b:00");
  EXPECT_EQ(gpus[1].address, "");
  EXPECT_EQ(gpus[1].index, "10");
  EXPECT_EQ(gpus[1].used, std::nullopt);
  EXPECT_FALSE(gpus[1].divided);
  EXPECT_EQ(gpus[1].name, "");
  EXPECT_TRUE(parse_gpus("No devices were found\n").empty());
  EXPECT_TRUE(parse_gpus("NVIDIA-SMI has failed, because it, well, could not, communicate\n").empty());
}

std::string checked(std::string_view accelerator, const std::string& driver, const std::string& capability,
                    const specs::GpuSet& used = specs::GpuSet::all()) {
  const std::vector<Gpu> gpus = {{"0", "GPU-a", driver, "9.0"}, {"1", "GPU-b", driver, capability}};
  const auto checked = check_gpus(gpu_needs(fakes::accelerator(accelerator)), gpus, used);
  if (checked) return "fits";
  EXPECT_EQ(checked.error().kind(), ErrorKind::environment);
  return checked.error().text();
}

TEST(CheckGpus, RefusesADriverBelowTheFloor) {
  EXPECT_EQ(
      checked("cu128", "470.256.02", "9.0"),
      "error: this machine has the NVIDIA driver 470.256.02, but the locked torch is built for CUDA 12.8, "
      "which needs 525.60.13 or newer\n\n"
      "hint: install a driver of at least 525.60.13, or lock a torch for an older CUDA\n");
  EXPECT_EQ(checked("cu128", "525.60.13", "9.0"), "fits");
  EXPECT_EQ(checked("cu128", "1000.1", "9.0"), "fits") << "compared as numbers";
  EXPECT_EQ(checked("cu130", "580.65.06", "9.0"), "fits");
  EXPECT_EQ(checked("cu118", "470.256.02", "9.0"), "fits");
  EXPECT_THAT(checked("cu130", "579.99", "9.0"), testing::HasSubstr("driver 579.99, but"));
}

TEST(CheckGpus, RefusesAGpuThatIsUsedAndBelowTheFloor) {
  const std::string error =
      "error: GPU 1 has compute capability 6.1, but the wheels for CUDA 12.8 are built for 7.0 and newer\n\n"
      "hint: choose other GPUs with --gpus, or lock a torch for an older CUDA\n";
  EXPECT_EQ(checked("cu128", "580.1", "6.1"), error);
  EXPECT_EQ(checked("cu128", "580.1", "6.1", specs::GpuSet::of_devices({"1"})), error);
  EXPECT_EQ(checked("cu128", "580.1", "6.1", specs::GpuSet::of_devices({"GPU-b"})), error);
  EXPECT_EQ(checked("cu128", "580.1", "6.1", specs::GpuSet::of_devices({"0"})), "fits");
  EXPECT_EQ(checked("cu126", "580.1", "6.1"), "fits");
  EXPECT_EQ(checked("cu128", "580.1", "12.0"), "fits") << "compared as numbers";
}

TEST(CheckGpus, RefusesNothingThatIsUnknown) {
  EXPECT_EQ(checked("cu128", "[N/A]", "[N/A]"), "fits");
  EXPECT_EQ(checked("cu136", "580.1", "3.0"), "fits");
  EXPECT_EQ(checked("rocm6.3", "1.0", "1.0"), "fits");
  EXPECT_TRUE(check_gpus(gpu_needs(fakes::accelerator("cu128")), {}, specs::GpuSet::all()));
}

}  // namespace
}  // namespace launch::pytorch
