#include "fabric/read_kfd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/machine_tree.hpp"
#include "unit/base/scratch.hpp"

namespace launch::fabric {
namespace {

class ReadKfd : public ::testing::Test {
 protected:
  std::vector<KfdGpu> read(std::string_view description) const {
    fakes::expand_machine(description, scratch_.path());
    return read_kfd(Tree(scratch_.path()));
  }
  test::Scratch scratch_;
};

TEST_F(ReadKfd, ANodeWithSimdUnitsIsAGpu) {
  const auto gpus = read(
      "sys/class/kfd/kfd/topology/nodes/0/properties = cpu_cores_count 96\\nsimd_count 0\n"
      "sys/class/kfd/kfd/topology/nodes/10/properties = simd_count 1216\\ngfx_target_version 90402\\n"
      "location_id 49408\\ndomain 1\\ndrm_render_minor 129\\nunique_id 10013477955478689308\n"
      "sys/class/drm/renderD129/device/mem_info_vram_total = 206141652992\n"
      "sys/class/drm/renderD129/device/mem_info_vram_used = 297639936\n"
      "sys/class/kfd/kfd/topology/nodes/2/properties = simd_count 416\\ngfx_target_version 90010\n");
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].target, "gfx90a") << "nodes are in the order of their numbers";
  EXPECT_EQ(gpus[0].uuid, "");
  EXPECT_EQ(gpus[0].device, "");
  EXPECT_EQ(gpus[0].memory, std::nullopt);
  EXPECT_EQ(gpus[1].target, "gfx942");
  EXPECT_EQ(gpus[1].uuid, "GPU-8af705259683161c");
  EXPECT_EQ(gpus[1].device, "/dev/dri/renderD129");
  EXPECT_EQ(gpus[1].address, "0001:c1:00");
  EXPECT_EQ(gpus[1].memory, 206141652992U);
  EXPECT_EQ(gpus[1].used, 297639936U);
}

TEST_F(ReadKfd, AMachineWithoutTheDriverHasNone) {
  EXPECT_TRUE(read("").empty());
  EXPECT_TRUE(read("sys/class/kfd/kfd/topology/nodes/0/properties = simd_count many\n").empty());
}

}  // namespace
}  // namespace launch::fabric
