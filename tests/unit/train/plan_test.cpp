#include "train/plan.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
const Machine kLaptop{.cpus = 8, .memory = 16 * kGiB};
const Machine kServer{.cpus = 64, .memory = 512 * kGiB, .gpus = gpus_of(8)};

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
  request.lock_digest = fakes::digest('a');
  request.project = "/home/me/project";
  request.node_folder = "/state/runs/demo-1/node";
  return request;
}

std::vector<std::string> lines_of(const Plan& plan) {
  fakes::FakeRunner runner;
  fakes::FakeWork work;
  const auto place = make_place("local", {work.clock, kLaptop, [&]() -> Result<containers::Engine> {
                                            auto info = *containers::engine_named("podman");
                                            info.pids_limit = true;
                                            return containers::Engine(info, runner, {}, work);
                                          }});
  EXPECT_TRUE((*place)->open());
  std::vector<std::string> out;
  const auto commands = (*place)->commands(plan);
  for (const auto& command : commands.before) out.push_back(shell_line(command.argv));
  for (const auto& node : commands.nodes) {
    for (const auto& command : node) out.push_back(shell_line(command.argv));
  }
  return out;
}

std::string error_of(const project::Recipe& recipe, const PlanRequest& request,
                     const Machine& machine = kLaptop) {
  const auto plan = plan_local(recipe, request, machine);
  return plan ? "" : plan.error().text();
}

std::vector<std::string> names_and_values(const Plan& plan, std::size_t node) {
  std::vector<std::string> out;
  for (const auto& variable : environment_of(plan, plan.nodes[node])) {
    EXPECT_FALSE(variable.reason.empty()) << variable.name;
    out.push_back(variable.name + "=" + variable.value);
  }
  return out;
}

TEST(Plan, TwoNodesOnTheCpuToTheLastArgument) {
  auto asked = request();
  asked.arguments = {"--steps", "500"};
  auto plan = plan_local(demo(), asked, kLaptop);
  ASSERT_TRUE(plan) << plan.error().text();
  plan->image.name = "localhost/launch/demo:latest";
  const auto node = [](const std::string& i) {
    return "podman run --rm --init --pull never --log-driver none --name launch-demo-1-n" + i +
           " --hostname n" + i + " --network launch-demo-1 --ip 198.19.56." + (i == "0" ? "98" : "99") +
           " --add-host n0:198.19.56.98 --add-host n1:198.19.56.99"
           " --label launch.run=demo-1 --shm-size 4294967296 --pids-limit -1 --stop-timeout 30 --stop-signal "
           "SIGPWR --http-proxy=false"
           " --mount type=bind,source=/state/runs/demo-1/node,target=/run/launch,readonly"
           " --env GLOO_SOCKET_IFNAME=eth0 --env OMP_NUM_THREADS=4"
           " --env TORCH_ELASTIC_SHUTDOWN_TIMEOUT=40 --entrypoint '' "
           "localhost/launch/demo:latest"
           " sh /run/launch/node.sh torchrun --nnodes 2 --node-rank " +
           i +
           " --nproc-per-node 1 --master-addr n0 --master-port 29500 /run/launch/rank.py train.py --steps "
           "500";
  };
  EXPECT_THAT(lines_of(*plan), ElementsAre("podman network create --disable-dns --subnet 198.19.56.96/27 "
                                           "--label launch.run=demo-1 launch-demo-1",
                                           node("0"), node("1")));
  EXPECT_EQ(plan->world_size(), 2);
  EXPECT_EQ(plan->backend, "gloo");
  EXPECT_THAT(plan->notes,
              ElementsAre("this machine has no NVIDIA GPU: one rank per node, on the CPU with gloo"));
}

TEST(Plan, AMountedEnvironmentIsCreatedFilledAndStarted) {
  auto asked = request();
  asked.nodes = 1;
  auto plan = plan_local(demo(), asked, kLaptop);
  ASSERT_TRUE(plan) << plan.error().text();
  plan->image.name = "localhost/launch-base:0123";
  plan->mounted = {.key = fakes::digest('b'),
                   .reason = "--env mounted",
                   .mounts = {{"/store/venv", "/opt/venv", true}},
                   .variables = {{"OMP_NUM_THREADS", "9"}, {"PATH", "/opt/venv/bin"}},
                   .user = "trainer",
                   .folder = "/workspace",
                   .files = "/state/files.tar"};
  EXPECT_THAT(
      lines_of(*plan),
      ElementsAre(
          "podman network create --disable-dns --subnet 198.19.56.96/27 --label launch.run=demo-1 "
          "launch-demo-1",
          "podman create --rm --init --pull never --log-driver none --name launch-demo-1-n0 --hostname n0"
          " --network launch-demo-1 --ip 198.19.56.98 --add-host n0:198.19.56.98 --label launch.run=demo-1 "
          "--shm-size 8589934592"
          " --pids-limit -1 --stop-timeout 30 --stop-signal SIGPWR --http-proxy=false --user trainer "
          "--workdir "
          "/workspace"
          " --mount type=bind,source=/store/venv,target=/opt/venv,readonly"
          " --mount type=bind,source=/state/runs/demo-1/node,target=/run/launch,readonly"
          " --env GLOO_SOCKET_IFNAME=eth0 --env OMP_NUM_THREADS=8 --env PATH=/opt/venv/bin"
          " --env TORCH_ELASTIC_SHUTDOWN_TIMEOUT=40"
          " --entrypoint '' localhost/launch-base:0123 sh /run/launch/node.sh torchrun --nnodes 1 "
          "--node-rank 0"
          " --nproc-per-node 1 --master-addr n0 --master-port 29500 /run/launch/rank.py train.py",
          "podman cp --archive=false - launch-demo-1-n0:/", "podman start --attach launch-demo-1-n0"))
      << "the run's own variables count";
}

TEST(Plan, GpusAreSharedOutToTheNodes) {
  const auto plan = plan_local(demo(), request(), kServer);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->rendezvous.ranks_per_node, 4);
  EXPECT_EQ(plan->world_size(), 8);
  EXPECT_EQ(plan->backend, "nccl");
  EXPECT_EQ(plan->nodes[0].gpus.text(), "0,1,2,3");
  EXPECT_EQ(plan->nodes[1].gpus.text(), "4,5,6,7");
  EXPECT_THAT(names_and_values(*plan, 1),
              ElementsAre("GLOO_SOCKET_IFNAME=eth0", "NCCL_DEBUG=WARN", "NCCL_SOCKET_IFNAME==eth0",
                          "OMP_NUM_THREADS=8", "TORCH_ELASTIC_SHUTDOWN_TIMEOUT=40",
                          "TORCH_NCCL_DEBUG_INFO_TEMP_FILE=/run/launch-flight/nccl_trace_rank_",
                          "TORCH_NCCL_DUMP_ON_TIMEOUT=1", "TORCH_NCCL_TRACE_BUFFER_SIZE=2000"));
  EXPECT_TRUE(plan->mounts.empty()) << "those of the user";
  EXPECT_THAT(
      lines_of(*plan)[1],
      testing::HasSubstr(" --mount type=bind,source=/state/runs/demo-1/flight,target=/run/launch-flight "));
  EXPECT_TRUE(plan->nodes[1].environment.empty());
  EXPECT_THAT(
      plan->notes,
      ElementsAre("nodes on one machine reach each other over sockets, not NVLink: --nodes 1 is faster"));
}

TEST(Plan, GpusOfAmdAreDevicesWithTheirGroups) {
  const test::Scratch scratch;
  const auto device = (scratch / "renderD128").string();
  ASSERT_TRUE(write_file(device, ""));
  // Only root may; else it has a group of this user.
  EXPECT_TRUE(::chown(device.c_str(), static_cast<uid_t>(-1), 993) == 0 || ::geteuid() != 0);
  struct stat status {};
  ASSERT_EQ(::stat(device.c_str(), &status), 0);
  auto asked = request();
  asked.nodes = 1;
  asked.accelerator = fakes::accelerator("rocm6.4");
  asked.gpus = specs::GpuSet::of_count(1);
  Machine machine{.cpus = 64, .memory = 512 * kGiB, .gpus = amd_gpus_of(2)};
  machine.gpus.usable[0].device = device;
  const auto plan = plan_local(demo(), asked, machine);
  ASSERT_TRUE(plan) << plan.error().text();
  const auto line = lines_of(*plan)[1];
  EXPECT_THAT(line, testing::HasSubstr(fmt::format(" --device /dev/kfd --device {}", device)));
  for (const auto group : plan->device_groups)
    EXPECT_THAT(line, testing::HasSubstr(fmt::format(" --group-add {}", group)));
  if (status.st_gid != 0) {
    EXPECT_THAT(plan->device_groups, testing::Contains(status.st_gid));
  }
  EXPECT_THAT(line, testing::Not(testing::HasSubstr("nvidia.com/gpu")));
}

TEST(Plan, AllGpusOfASingleNode) {
  auto asked = request();
  asked.nodes = 1;
  const auto plan = plan_local(demo(), asked, kServer);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->nodes[0].gpus.text(), "all");
  EXPECT_EQ(plan->world_size(), 8);
}

TEST(Plan, TwoNodesOnOneGpuAreTwoHostsToNccl) {
  const auto plan = plan_local(demo(), request(), {.cpus = 16, .memory = 128 * kGiB, .gpus = gpus_of(1)});
  ASSERT_TRUE(plan) << plan.error().text();
  for (std::size_t node = 0; node < 2; ++node) {
    EXPECT_EQ(plan->nodes[node].gpus.text(), "all");
    ASSERT_EQ(plan->nodes[node].environment.size(), 1U);  // what all nodes have is not repeated
    EXPECT_EQ(plan->nodes[node].environment[0].name, "NCCL_HOSTID");
    EXPECT_EQ(plan->nodes[node].environment[0].value, "demo-1-n" + std::to_string(node));
  }
  EXPECT_EQ(plan->world_size(), 2);
  EXPECT_THAT(plan->notes, ElementsAre("2 nodes share 1 GPU: fine for a trial, but slow"));
}

TEST(Plan, ANumberOfGpusPerNode) {
  auto asked = request();
  asked.gpus = specs::GpuSet::of_count(2);
  const auto plan = plan_local(demo(), asked, kServer);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->nodes[0].gpus.text(), "0,1");
  EXPECT_EQ(plan->nodes[1].gpus.text(), "2,3");
}

TEST(Plan, NoGpusAreWantedWhereThereAreSome) {
  auto recipe = demo();
  recipe.train.gpus = specs::GpuSet::none();
  const auto plan = plan_local(recipe, request(), kServer);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_TRUE(plan->nodes[0].gpus.empty());
  EXPECT_EQ(plan->backend, "gloo");
  EXPECT_THAT(plan->notes, ElementsAre("no GPUs requested: one rank per node, on the CPU with gloo"));
}

TEST(Plan, TheRecipesEnvironmentWins) {
  auto recipe = demo();
  recipe.train.env = {{"OMP_NUM_THREADS", "3"}, {"HF_HOME", "/data/hf"}, {"NCCL_HOSTID", "mine"}};
  const auto plan = plan_local(recipe, request(), {.cpus = 8, .memory = kGiB, .gpus = gpus_of(1)});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_THAT(
      names_and_values(*plan, 0),
      ElementsAre("GLOO_SOCKET_IFNAME=eth0", "HF_HOME=/data/hf", "NCCL_DEBUG=WARN", "NCCL_HOSTID=mine",
                  "NCCL_SOCKET_IFNAME==eth0", "OMP_NUM_THREADS=3", "TORCH_ELASTIC_SHUTDOWN_TIMEOUT=40",
                  "TORCH_NCCL_DEBUG_INFO_TEMP_FILE=/run/launch-flight/nccl_trace_rank_",
                  "TORCH_NCCL_DUMP_ON_TIMEOUT=1", "TORCH_NCCL_TRACE_BUFFER_SIZE=2000"));
  const auto variables = environment_of(*plan, plan->nodes[0]);
  EXPECT_EQ(variables[1].reason, "[train] env of the recipe");
}

TEST(Plan, LimitsAreThoseOfTheRequestElseOfTheRecipe) {
  auto recipe = demo();
  auto plan = plan_local(recipe, request(), kLaptop);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->restarts, 0);
  EXPECT_EQ(plan->patience.rendezvous, std::chrono::seconds(300));
  EXPECT_EQ(plan->patience.silence, std::chrono::seconds(600));
  EXPECT_FALSE(plan->patience.ends_hang);
  recipe.train.limits = {3, std::chrono::seconds(5), std::chrono::seconds(7)};
  plan = plan_local(recipe, request(), kLaptop);
  EXPECT_EQ(plan->restarts, 3);
  EXPECT_EQ(plan->patience.rendezvous, std::chrono::seconds(5));
  EXPECT_EQ(plan->patience.silence, std::chrono::seconds(7));
  EXPECT_TRUE(plan->patience.ends_hang);
  EXPECT_THAT(names_and_values(*plan, 0), testing::Contains("LAUNCH_ATTEMPT=0"));
  auto asked = request();
  asked.limits = {0, std::chrono::seconds(0), std::chrono::seconds(0)};
  plan = plan_local(recipe, asked, kLaptop);
  EXPECT_EQ(plan->restarts, 0);
  EXPECT_EQ(plan->patience.rendezvous.count(), 0);
  EXPECT_EQ(plan->patience.silence.count(), 0);
}

TEST(Plan, PortZeroIsChosenAndSaid) {
  auto asked = request();
  asked.port = 0;
  const auto plan = plan_local(demo(), asked, kLaptop);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_GE(plan->rendezvous.port, 20000);
  EXPECT_LT(plan->rendezvous.port, 30000);
  EXPECT_THAT(plan->notes,
              testing::Contains(fmt::format("--port 0: torchrun uses port {}", plan->rendezvous.port)));
}

TEST(Plan, TheTimeToSaveIsTheUsersElseTheRecipesElseHalfAMinute) {
  auto recipe = demo();
  auto asked = request();
  EXPECT_EQ(plan_local(recipe, asked, kLaptop)->grace.interrupted, std::chrono::seconds(30));
  recipe.train.grace = std::chrono::seconds(120);
  const auto plan = plan_local(recipe, asked, kLaptop);
  EXPECT_EQ(plan->grace.interrupted, std::chrono::seconds(120));
  EXPECT_EQ(plan->grace.failed, std::chrono::seconds(2)) << "nothing can be saved together any more";
  EXPECT_THAT(names_and_values(*plan, 0), testing::Contains("TORCH_ELASTIC_SHUTDOWN_TIMEOUT=130"));
  EXPECT_THAT(lines_of(*plan)[1], testing::HasSubstr(" --stop-timeout 120 "));
  asked.grace = std::chrono::seconds(0);
  EXPECT_EQ(plan_local(recipe, asked, kLaptop)->grace.interrupted, std::chrono::seconds(0));
}

TEST(Plan, RelativeMountsBeginAtTheProject) {
  const test::Scratch scratch;
  std::filesystem::create_directory(scratch.path() / "corpus");
  auto recipe = demo();
  recipe.train.mounts = {{"data/../corpus", "/data", true}, {scratch.path().string(), "/scratch", false}};
  auto asked = request();
  asked.project = scratch.path();
  const auto plan = plan_local(recipe, asked, kLaptop);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->mounts[0].from, (scratch.path() / "corpus").string());
  EXPECT_TRUE(plan->mounts[0].read_only);
  EXPECT_EQ(plan->mounts[1].from, scratch.path().string());
}

TEST(Plan, SharedMemoryIsNeverLessThanAGibibyte) {
  const auto plan = plan_local(demo(), request(), {.cpus = 1, .memory = kGiB});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->shm_bytes, kGiB);
  EXPECT_THAT(names_and_values(*plan, 0), testing::Contains("OMP_NUM_THREADS=1"));
}

/// Requests that cannot be planned.
struct Impossible {
  std::string what;
  std::function<void(project::Recipe&, PlanRequest&)> change;
  std::string error;
};

TEST(Plan, WhatCannotBe) {
  const std::vector<Impossible> all{
      {"no command", [](auto& recipe, auto&) { recipe.train.command.clear(); },
       "error: the recipe demo has no [train] command\n\n"
       "hint: add [train] with command = [\"train.py\"]\n"},
      {"no nodes", [](auto&, auto& request) { request.nodes = 0; }, "error: --nodes 0: expected 1 to 1024\n"},
      {"fewer than none", [](auto&, auto& request) { request.nodes = -1; },
       "error: --nodes -1: expected 1 to 1024\n"},
      {"no port", [](auto&, auto& request) { request.port = -1; }, "error: --port -1: expected 0 to 65535\n"},
      {"a port out of range", [](auto&, auto& request) { request.port = 99999; },
       "error: --port 99999: expected 0 to 65535\n"},
      {"a mount",
       [](auto& recipe, auto&) {
         recipe.train.mounts = {{"nowhere", "/data", true}};
       },
       "error: /home/me/project/nowhere does not exist, but the recipe demo mounts it at /data\n"},
  };
  for (const auto& one : all) {
    auto recipe = demo();
    auto asked = request();
    one.change(recipe, asked);
    EXPECT_EQ(error_of(recipe, asked, kServer), one.error) << one.what;
  }
}

TEST(Places, AreListedWhenOneIsUnknown) {
  SystemClock clock;
  const auto place = make_place("mars", {clock, {}, {}});
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().text(), "error: unknown place \"mars\": expected local\n");
}

TEST(RunId, IsFitForContainerNames) {
  const auto when = std::chrono::system_clock::from_time_t(1795499712);
  EXPECT_EQ(run_id("demo", when, 0x3fa2), "demo-20261124-055512-3fa2");
  EXPECT_EQ(run_id("a_b", when, 0x3fa2), "a_b-20261124-055512-3fa2") << "another one than of a-b";
  EXPECT_EQ(run_id("my recipe/ü", when, 1), "my-recipe----20261124-055512-0001");
}

}  // namespace
}  // namespace launch::train
