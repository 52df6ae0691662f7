#include "train/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "train/nodes/local.hpp"

namespace launch::train {
namespace {

fakes::FakeWork work;

using testing::ElementsAre;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
const Machine kLaptop{.cpus = 8, .memory = 16 * kGiB, .gpus = 0};
const Machine kServer{.cpus = 64, .memory = 512 * kGiB, .gpus = 8};

project::Recipe demo() {
  project::Recipe recipe;
  recipe.name = "demo";
  recipe.train.command = {"train.py"};
  recipe.train.nodes = 2;
  return recipe;
}

PlanRequest request() {
  PlanRequest request;
  request.run = "demo-1";
  request.lock_digest = "sha256:ab";
  request.image = {"localhost/launch/demo:latest", "sha256:cd", "sha256:ef"};
  request.project = "/home/me/project";
  request.rank_script = "/state/runs/demo-1/rank.py";
  return request;
}

containers::EngineInfo podman() {
  containers::EngineInfo info;
  info.program = "podman";
  info.pids_limit = true;
  return info;
}

std::vector<std::string> lines_of(const Plan& plan) {
  fakes::FakeRunner runner;
  const LocalNodes nodes{containers::Engine(podman(), runner, {}, work)};
  std::vector<std::string> out;
  for (const auto& command : nodes.commands(plan)) out.push_back(shell_line(command));
  return out;
}

std::string error_of(const project::Recipe& recipe, const PlanRequest& request,
                     const Machine& machine = kLaptop) {
  const auto plan = plan_local(recipe, request, machine);
  return plan ? "" : plan.error().text();
}

std::map<std::string, std::string> environment_of(const Plan& plan, std::size_t node) {
  return plan.nodes[node].container.environment;
}

TEST(Plan, TwoNodesOnTheCpuToTheLastArgument) {
  auto asked = request();
  asked.arguments = {"--steps", "500"};
  const auto plan = plan_local(demo(), asked, kLaptop);
  ASSERT_TRUE(plan) << plan.error().text();
  const auto node = [](const std::string& i) {
    return "podman run --rm --init --pull never --log-driver none --name launch-demo-1-n" + i +
           " --hostname n" + i + " --network launch-demo-1 --network-alias n" + i +
           " --label launch.run=demo-1 --shm-size 4294967296 --pids-limit -1 --stop-timeout 2"
           " --mount type=bind,source=/state/runs/demo-1/rank.py,target=/run/launch/rank.py,readonly"
           " --env GLOO_SOCKET_IFNAME=eth0 --env OMP_NUM_THREADS=4 --entrypoint '' "
           "localhost/launch/demo:latest"
           " torchrun --nnodes 2 --node-rank " +
           i +
           " --nproc-per-node 1 --master-addr n0 --master-port 29500 /run/launch/rank.py train.py --steps "
           "500";
  };
  EXPECT_THAT(lines_of(*plan), ElementsAre("podman network create --label launch.run=demo-1 launch-demo-1",
                                           node("0"), node("1")));
  EXPECT_EQ(plan->world_size(), 2);
  EXPECT_EQ(plan->backend, "gloo");
  EXPECT_THAT(plan->notes,
              ElementsAre("this machine has no NVIDIA GPU: one rank a node, on the CPU with gloo"));
}

TEST(Plan, GpusAreSharedOutToTheNodes) {
  const auto plan = plan_local(demo(), request(), kServer);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->rendezvous.ranks_per_node, 4);
  EXPECT_EQ(plan->world_size(), 8);
  EXPECT_EQ(plan->backend, "nccl");
  EXPECT_EQ(plan->nodes[0].container.gpus.text(), "0,1,2,3");
  EXPECT_EQ(plan->nodes[1].container.gpus.text(), "4,5,6,7");
  EXPECT_THAT(
      environment_of(*plan, 1),
      ElementsAre(testing::Pair("GLOO_SOCKET_IFNAME", "eth0"), testing::Pair("NCCL_DEBUG", "WARN"),
                  testing::Pair("NCCL_SOCKET_IFNAME", "=eth0"), testing::Pair("OMP_NUM_THREADS", "8")));
  EXPECT_TRUE(plan->notes.empty());
}

TEST(Plan, AllGpusOfASingleNode) {
  auto asked = request();
  asked.nodes = 1;
  const auto plan = plan_local(demo(), asked, kServer);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->nodes[0].container.gpus.text(), "all");
  EXPECT_EQ(plan->world_size(), 8);
}

TEST(Plan, TwoNodesOnOneGpuAreTwoHostsToNccl) {
  const auto plan = plan_local(demo(), request(), {.cpus = 16, .memory = 128 * kGiB, .gpus = 1});
  ASSERT_TRUE(plan) << plan.error().text();
  for (std::size_t node = 0; node < 2; ++node) {
    EXPECT_EQ(plan->nodes[node].container.gpus.text(), "all");
    EXPECT_EQ(environment_of(*plan, node).at("NCCL_HOSTID"), "demo-1-n" + std::to_string(node));
  }
  EXPECT_EQ(plan->world_size(), 2);
  EXPECT_THAT(plan->notes, ElementsAre("2 nodes share 1 GPU: good for trying, not for speed"));
}

TEST(Plan, ANumberOfGpusANode) {
  auto asked = request();
  asked.gpus = "2";
  const auto plan = plan_local(demo(), asked, kServer);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->nodes[0].container.gpus.text(), "0,1");
  EXPECT_EQ(plan->nodes[1].container.gpus.text(), "2,3");
}

TEST(Plan, NoGpusAreWantedWhereThereAreSome) {
  auto recipe = demo();
  recipe.train.gpus = 0;
  const auto plan = plan_local(recipe, request(), kServer);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_TRUE(plan->nodes[0].container.gpus.empty());
  EXPECT_EQ(plan->backend, "gloo");
  EXPECT_THAT(plan->notes, ElementsAre("no GPUs are asked for: one rank a node, on the CPU with gloo"));
}

TEST(Plan, TheRecipesEnvironmentWins) {
  auto recipe = demo();
  recipe.train.env = {{"OMP_NUM_THREADS", "3"}, {"HF_HOME", "/data/hf"}};
  const auto plan = plan_local(recipe, request(), kLaptop);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(environment_of(*plan, 0).at("OMP_NUM_THREADS"), "3");
  const auto& variables = plan->nodes[0].environment;
  const auto found = std::find_if(variables.begin(), variables.end(), [](const Variable& variable) {
    return variable.name == "OMP_NUM_THREADS";
  });
  ASSERT_NE(found, variables.end());
  EXPECT_EQ(found->reason, "[train] env of the recipe");
  for (const auto& variable : variables) EXPECT_FALSE(variable.reason.empty()) << variable.name;
}

TEST(Plan, RelativeMountsBeginAtTheProject) {
  auto recipe = demo();
  recipe.train.mounts = {{"data/../corpus", "/data", true}, {"/scratch", "/scratch", false}};
  const auto plan = plan_local(recipe, request(), kLaptop);
  ASSERT_TRUE(plan) << plan.error().text();
  const auto& mounts = plan->nodes[0].container.mounts;
  EXPECT_EQ(mounts[1].from, "/home/me/project/corpus");
  EXPECT_TRUE(mounts[1].read_only);
  EXPECT_EQ(mounts[2].from, "/scratch");
}

TEST(Plan, SharedMemoryIsNeverLessThanAGibibyte) {
  const auto plan = plan_local(demo(), request(), {.cpus = 1, .memory = kGiB, .gpus = 0});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->nodes[0].container.shm_bytes, kGiB);
  EXPECT_EQ(environment_of(*plan, 0).at("OMP_NUM_THREADS"), "1");
}

TEST(Plan, WhatCannotBe) {
  auto nothing = demo();
  nothing.train.command.clear();
  EXPECT_EQ(error_of(nothing, request()),
            "error: the recipe demo does not say what to train\n"
            "\n"
            "hint: add to it: [train] and command = [\"train.py\"]\n");
  auto none = request();
  none.nodes = 0;
  EXPECT_EQ(error_of(demo(), none), "error: 0 nodes: expected 1 to 1024\n");
  auto words = request();
  words.gpus = "some";
  EXPECT_EQ(error_of(demo(), words), "error: --gpus some: expected \"all\" or a number\n");
  auto many = request();
  many.gpus = "4";
  EXPECT_EQ(error_of(demo(), many),
            "error: 4 GPUs a node are asked for, and this machine has 0\n"
            "\n"
            "hint: give --gpus, or --gpus 0 to train on the CPU\n");
}

TEST(RunId, IsFitForContainerNames) {
  const auto when = std::chrono::system_clock::from_time_t(1795499712);
  EXPECT_EQ(run_id("demo", when, 0x3fa2), "demo-20261124-055512-3fa2");
  EXPECT_EQ(run_id("my recipe/ü", when, 1), "my-recipe----20261124-055512-0001");
}

}  // namespace
}  // namespace launch::train
