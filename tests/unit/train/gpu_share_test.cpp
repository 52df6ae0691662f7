#include "train/gpu_share.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/values.hpp"
#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
const std::string kSockets =
    "nodes on one machine reach each other over sockets, not NVLink: --nodes 1 is faster";

class ShareGpus : public ::testing::Test {
 protected:
  ShareGpus() {
    recipe_.name = "demo";
    recipe_.train.command = {"train.py"};
    machine_.gpus = gpus_of(8);
  }

  Plan plan(int nodes, const std::string& gpus = "") {
    auto planned = try_plan(nodes, gpus);
    EXPECT_TRUE(planned) << planned.error().text();
    return planned ? *std::move(planned) : Plan();
  }
  std::string error(int nodes, const std::string& gpus) {
    const auto planned = try_plan(nodes, gpus);
    return planned ? "planned" : planned.error().text();
  }
  static std::vector<std::string> shares(const Plan& plan) {
    std::vector<std::string> out;
    for (const auto& node : plan.nodes) out.push_back(node.gpus.text());
    return out;
  }

  project::Recipe recipe_;
  Machine machine_{.cpus = 64, .memory = 512 * kGiB};
  std::optional<specs::Accelerator> accelerator_ = fakes::accelerator("cu128");

 private:
  Result<Plan> try_plan(int nodes, const std::string& gpus) {
    PlanRequest request;
    request.run = "demo-1";
    request.nodes = nodes;
    if (!gpus.empty()) request.gpus = *specs::GpuSet::parse(gpus);
    request.accelerator = accelerator_;
    return plan_local(recipe_, request, machine_);
  }
};

TEST_F(ShareGpus, NamesThoseThatStayIdle) {
  const auto made = plan(3);
  EXPECT_THAT(shares(made), ElementsAre("0,1", "2,3", "4,5"));
  EXPECT_THAT(made.notes, ElementsAre("2 of 8 GPUs stay idle: each of 3 nodes uses 2", kSockets));
}

TEST_F(ShareGpus, ANumberPerNodeLeavesTheOthersOnPurpose) {
  EXPECT_THAT(plan(2, "2").notes, ElementsAre(kSockets));
  EXPECT_THAT(plan(1, "2").notes, IsEmpty());
}

TEST_F(ShareGpus, NamedDevicesAreDividedAmongTheNodes) {
  EXPECT_THAT(shares(plan(1, "5,2")), ElementsAre("5,2"));
  EXPECT_THAT(shares(plan(2, "2,3,6,7")), ElementsAre("2,3", "6,7"));
  EXPECT_EQ(plan(2, "2,3,6,7").world_size(), 4);
  const auto odd = plan(2, "2,3,6");
  EXPECT_THAT(shares(odd), ElementsAre("2,", "3,"));
  EXPECT_THAT(odd.notes, ElementsAre("1 of 3 GPUs stays idle: each of 2 nodes uses 1", kSockets));
}

TEST_F(ShareGpus, AUuidIsKnownByItsIndex) {
  EXPECT_THAT(shares(plan(1, "GPU-5,0")), ElementsAre("5,0"));
}

TEST_F(ShareGpus, WhatCannotBeShared) {
  EXPECT_EQ(error(1, "9"),
            "error: 9 GPUs per node requested, but this machine has 8\n\n"
            "hint: request fewer with --gpus, or use --gpus 0 to train on the CPU\n");
  EXPECT_EQ(error(3, "0,2"),
            "error: --gpus 0,2 names 2 GPUs for 3 nodes\n\n"
            "hint: name at least one per node, or use a number of GPUs per node\n");
  EXPECT_EQ(error(1, "0,8"),
            "error: --gpus 0,8: this machine has no GPU 8, only 0,1,2,3,4,5,6,7\n\n"
            "hint: run `nvidia-smi -L` to list them\n");
  EXPECT_EQ(error(1, "GPU-x"),
            "error: --gpus GPU-x,: this machine has no GPU GPU-x, only 0,1,2,3,4,5,6,7\n\n"
            "hint: run `nvidia-smi -L` to list them\n");
}

TEST_F(ShareGpus, AnEnvironmentThatHidesSomeIsRespected) {
  ASSERT_TRUE(limit_gpus(machine_.gpus, {{"CUDA_VISIBLE_DEVICES", "6,3"}}));
  const auto made = plan(1);
  EXPECT_THAT(shares(made), ElementsAre("6,3"));
  EXPECT_THAT(made.notes, ElementsAre("CUDA_VISIBLE_DEVICES=6,3 leaves this run 2 of 8 GPUs"));
  EXPECT_THAT(shares(plan(2)), ElementsAre("6,", "3,"));
  EXPECT_THAT(shares(plan(1, "3,")), ElementsAre("3,"));
  EXPECT_EQ(error(1, "3,4"),
            "error: --gpus 3,4: CUDA_VISIBLE_DEVICES=6,3 hides GPU 4\n\n"
            "hint: use the GPUs that it names, or unset it\n");
  EXPECT_EQ(error(1, "3"),
            "error: 3 GPUs per node requested, but this run may use 2; CUDA_VISIBLE_DEVICES=6,3 hides the "
            "others\n\n"
            "hint: request fewer with --gpus, or use --gpus 0 to train on the CPU\n");
}

TEST_F(ShareGpus, AnEnvironmentThatHidesNoneIsNoNews) {
  machine_.gpus = gpus_of(1);
  ASSERT_TRUE(limit_gpus(machine_.gpus, {{"NVIDIA_VISIBLE_DEVICES", "0"}}));
  EXPECT_THAT(plan(1).notes, IsEmpty());
}

TEST_F(ShareGpus, AnEnvironmentThatHidesAllIsSaid) {
  ASSERT_TRUE(limit_gpus(machine_.gpus, {{"CUDA_VISIBLE_DEVICES", ""}}));
  const auto made = plan(1);
  EXPECT_EQ(made.backend, "gloo");
  EXPECT_THAT(made.notes,
              ElementsAre("CUDA_VISIBLE_DEVICES= hides all GPUs: one rank per node, on the CPU with gloo"));
}

TEST_F(ShareGpus, UuidsWhereTheDriversNumbersAreNotTheMachines) {
  machine_.gpus = gpus_of(2);
  machine_.gpus.renumbered = true;
  EXPECT_THAT(shares(plan(2)), ElementsAre("GPU-0,", "GPU-1,"));
  EXPECT_THAT(shares(plan(1, "1,")), ElementsAre("GPU-1,"));
  EXPECT_THAT(shares(plan(1)), ElementsAre("GPU-0,GPU-1")) << "all would be those of the machine";
}

TEST_F(ShareGpus, InstancesThatTheEnvironmentNamesAreNotAllOfTheMachine) {
  machine_.gpus = gpus_of(1);
  ASSERT_TRUE(limit_gpus(machine_.gpus, {{"CUDA_VISIBLE_DEVICES", "MIG-5c"}}));
  const auto made = plan(1);
  EXPECT_THAT(shares(made), ElementsAre("MIG-5c,"));
  EXPECT_THAT(made.notes, ElementsAre("CUDA_VISIBLE_DEVICES=MIG-5c leaves this run 1 MIG instance"));
}

TEST_F(ShareGpus, ADividedGpuIsUsedByItsInstances) {
  machine_.gpus.usable[1].divided = true;
  EXPECT_EQ(error(1, "2"),
            "error: GPU 1 is divided into MIG instances and cannot be used as a whole\n\n"
            "hint: name an instance, as `nvidia-smi -L` lists them: --gpus MIG-…\n"
            "hint: or choose other GPUs with --gpus\n");
  EXPECT_THAT(shares(plan(1, "2,3")), ElementsAre("2,3"));
  EXPECT_THAT(shares(plan(1, "MIG-5c,")), ElementsAre("MIG-5c,"));
}

TEST_F(ShareGpus, ATorchWithoutCudaGetsNone) {
  accelerator_ = fakes::accelerator("cpu");
  const auto made = plan(2);
  EXPECT_EQ(made.backend, "gloo");
  EXPECT_TRUE(made.nodes[0].gpus.empty());
  EXPECT_THAT(made.notes,
              ElementsAre("the lock has no CUDA packages: one rank per node, on the CPU with gloo"));
  EXPECT_EQ(plan(1, "0").backend, "gloo");
  EXPECT_EQ(error(1, "2"),
            "error: --gpus 2: the lock has no CUDA packages\n\n"
            "hint: lock a torch for CUDA with `cuda` under [torch], or omit --gpus\n");
}

TEST_F(ShareGpus, ATorchForOtherGpusGetsNone) {
  accelerator_ = fakes::accelerator("rocm6.3");
  EXPECT_THAT(plan(1).notes,
              ElementsAre("the locked torch is built for rocm6.3: one rank per node, on the CPU "
                          "with gloo"));
  machine_.gpus = {};
  EXPECT_THAT(plan(1).notes,
              ElementsAre("this machine has no NVIDIA GPU: one rank per node, on the CPU with gloo"));
}

TEST_F(ShareGpus, OfAmdAreGivenByTheirDevices) {
  accelerator_ = fakes::accelerator("rocm6.4");
  machine_.gpus = amd_gpus_of(4);
  const auto made = plan(2);
  EXPECT_EQ(made.backend, "nccl");
  EXPECT_THAT(shares(made), ElementsAre("0,1", "2,3"));
  EXPECT_THAT(made.nodes[1].devices, ElementsAre("/dev/kfd", "/dev/dri/renderD130", "/dev/dri/renderD131"));
  EXPECT_THAT(made.notes, ElementsAre("nodes on one machine reach each other over sockets, not Infinity "
                                      "Fabric: --nodes 1 is faster"));
  EXPECT_THAT(plan(1).nodes[0].devices, ElementsAre("/dev/kfd", "/dev/dri")) << "all of them";
  EXPECT_THAT(plan(1, "3,").nodes[0].devices, ElementsAre("/dev/kfd", "/dev/dri/renderD131"));
  EXPECT_EQ(error(1, "5"),
            "error: 5 GPUs per node requested, but this machine has 4\n\n"
            "hint: request fewer with --gpus, or use --gpus 0 to train on the CPU\n");
  EXPECT_EQ(error(1, "7,"),
            "error: --gpus 7,: this machine has no GPU 7, only 0,1,2,3\n\n"
            "hint: run `amd-smi list` to list them\n");
  machine_.gpus = amd_gpus_of(0);
  EXPECT_THAT(plan(1).notes,
              ElementsAre("this machine has no AMD GPU: one rank per node, on the CPU with gloo"));
}

TEST_F(ShareGpus, RcclNeedsOneGpuPerRankToo) {
  accelerator_ = fakes::accelerator("rocm6.4");
  machine_.gpus = amd_gpus_of(1);
  recipe_.train.ranks_per_node = 2;
  EXPECT_EQ(error(1, ""),
            "error: 2 ranks per node, but a node has 1 GPU: RCCL allows one rank per GPU\n\n"
            "hint: use --gpus 0 to train on the CPU with gloo, or --ranks-per-node with fewer\n");
}

TEST_F(ShareGpus, BusyOnesAreNamed) {
  auto& gpus = machine_.gpus.usable;
  gpus[0].used = 600 << 20;  // the driver's own
  gpus[1].used = 61 * kGiB;
  gpus[1].memory = 80 * kGiB;
  gpus[2].used = gpus[3].used = 2 * kGiB;
  const auto made = plan(1, "0,1,2");
  EXPECT_THAT(
      busy_gpus(made, machine_.gpus, {{"other-1", specs::GpuSet::of_devices({"2", "3"})}}),
      ElementsAre("GPU 1 has 65.5 GB of its 85.9 GB in use by another program; choose others with --gpus",
                  "GPU 2 is used by the run other-1, and has 2.1 GB of its memory in use"));
  EXPECT_THAT(busy_gpus(plan(1, "4,"), machine_.gpus, {{"other-1", specs::GpuSet::all()}}),
              ElementsAre("GPU 4 is used by the run other-1"));
}

}  // namespace
}  // namespace launch::train
