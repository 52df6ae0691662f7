#include "train/nccl_environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/files.hpp"
#include "fakes/machine_tree.hpp"
#include "unit/base/scratch.hpp"
#include "unit/train/local_plan.hpp"

namespace launch::train {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

using On = NcclNodes::On;

/// A machine of tests/data/fabric, or one of a few files.
class NcclEnvironmentTest : public ::testing::Test {
 protected:
  void use_machine(const std::string& name) {
    const auto file = std::filesystem::path(LAUNCH_TEST_DATA) / "fabric" / (name + ".tree");
    fakes::expand_machine(read_file(file).value(), root_.path());
  }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(root_ / name, text));
  }
  void set_in_recipe(const std::string& name, const std::string& value) {
    plan_.environment.push_back({name, value, "[train] env of the recipe"});
  }

  NcclEnvironment on_one_machine(int nodes = 2) const {
    return nccl_environment(read_nccl_host(from_, plan_.environment),
                            {.on = On::one_machine, .count = nodes, .interface = "eth0"}, plan_);
  }
  NcclEnvironment on_machines(const std::string& head) const {
    return nccl_environment(read_nccl_host(from_, plan_.environment),
                            {.on = On::machines, .count = 2, .head = fabric::IpAddress::parse(head)}, plan_);
  }

  static std::vector<std::string> set(const NcclEnvironment& environment) {
    std::vector<std::string> out;
    for (const auto& each : environment.variables) {
      out.push_back(each.name + "=" + each.value + ": " + each.reason);
    }
    return out;
  }
  static std::vector<std::string> left(const NcclEnvironment& environment) {
    std::vector<std::string> out;
    for (const auto& each : environment.left_alone) out.push_back(each.name + ": " + each.reason);
    return out;
  }
  static std::vector<std::string> mounted(const NcclEnvironment& environment) {
    std::vector<std::string> out;
    for (const auto& each : environment.mounts) {
      EXPECT_TRUE(each.read_only);
      EXPECT_EQ(each.from, each.to);
      out.push_back(each.from);
    }
    return out;
  }

  test::Scratch root_;
  NcclRoot from_{.root = root_.path()};
  Plan plan_;
};

TEST_F(NcclEnvironmentTest, NodesOnOneMachineUseSocketsThoughItHasHcas) {
  use_machine("dgx-h100");
  const auto environment = on_one_machine();
  EXPECT_THAT(set(environment),
              ElementsAre("NCCL_DEBUG=WARN: NCCL reports problems only",
                          "NCCL_SOCKET_IFNAME==eth0: the container's interface in the run's network, by its "
                          "exact name"));
  EXPECT_THAT(
      left(environment),
      ElementsAre("NCCL_TOPO_FILE: NVIDIA DGX: NCCL sees the whole PCI topology of a DGX itself",
                  "NCCL_IB_HCA: nodes on one machine connect through sockets; HCAs connect machines",
                  "NCCL_NET: NCCL uses sockets by default, since containers of one machine get no HCA"));
  EXPECT_THAT(environment.notes, IsEmpty());
  EXPECT_THAT(environment.mounts, IsEmpty());
  EXPECT_THAT(environment.devices, IsEmpty());
  EXPECT_FALSE(environment.locks_memory);
  EXPECT_THAT(left(on_one_machine(1)), Contains("NCCL_IB_HCA: a single node needs no HCA"));
}

TEST_F(NcclEnvironmentTest, NodesOnMachinesOfTheirOwnUseHcas) {
  use_machine("dgx-h100");
  plan_.nccl = fabric::NcclVersion{2, 27, 3};
  const auto environment = on_machines("10.0.0.1");
  EXPECT_THAT(
      set(environment),
      ElementsAre(
          "NCCL_DEBUG=WARN: NCCL reports problems only",
          "NCCL_SOCKET_IFNAME==eno3: the default route leads to the head, 10.0.0.1",
          "GLOO_SOCKET_IFNAME=eno3: the same interface for gloo, which expects an exact name",
          "NCCL_IB_HCA==mlx5_0,mlx5_3,mlx5_4,mlx5_5,mlx5_6,mlx5_9,mlx5_10,mlx5_11: 8 InfiniBand ports of "
          "400 Gb/s that share PCI switches with the GPUs; \"=\" makes the names exact",
          "NCCL_NET=IB: makes a silent fallback to sockets an error"));
  EXPECT_THAT(environment.notes, IsEmpty());
  EXPECT_THAT(environment.devices, ElementsAre("/dev/infiniband"));
  EXPECT_TRUE(environment.locks_memory);
}

TEST_F(NcclEnvironmentTest, WithoutHcasNoMemoryIsLocked) {
  use_machine("two-ethernets");
  plan_.nccl = fabric::NcclVersion{2, 27, 3};
  EXPECT_FALSE(on_machines("10.20.0.1").locks_memory);
  EXPECT_THAT(on_machines("10.20.0.1").devices, IsEmpty());
}

TEST_F(NcclEnvironmentTest, EfaDevicesAreForTheImagesPlugin) {
  use_machine("efa-p5");
  EXPECT_THAT(on_machines("10.1.0.1").devices, ElementsAre("/dev/infiniband"));
}

TEST_F(NcclEnvironmentTest, VerbsThatAreOffNeedNoDevice) {
  use_machine("dgx-h100");
  set_in_recipe("NCCL_IB_DISABLE", "1");
  EXPECT_THAT(on_machines("10.0.0.1").devices, IsEmpty());
}

TEST_F(NcclEnvironmentTest, AReleaseThatTheLockDoesNotNameIsSaid) {
  use_machine("two-ethernets");
  EXPECT_THAT(on_machines("10.20.0.1").notes,
              ElementsAre("the lock does not name NCCL's release; assuming 2.30.7"));
}

TEST_F(NcclEnvironmentTest, AReleaseSetsOnlyWhatItReads) {
  use_machine("roce-management");
  plan_.nccl = fabric::NcclVersion{2, 19, 3};
  EXPECT_THAT(set(on_machines("10.0.0.1")),
              Contains("NCCL_IB_GID_INDEX=3: the RoCE v2 GID for IPv4 of each HCA; NCCL 2.19.3 does not look "
                       "for it"));
  plan_.nccl = fabric::NcclVersion{2, 9, 6};
  EXPECT_THAT(left(on_machines("10.0.0.1")),
              Contains("NCCL_NET: NCCL 2.9.6 does not read it (added in 2.10.3)"));
}

TEST_F(NcclEnvironmentTest, TheMachinesConfigurationAndTopologyAreMounted) {
  use_machine("azure-nd-v5");
  const auto environment = on_one_machine();
  EXPECT_THAT(mounted(environment), ElementsAre("/etc/nccl.conf", "/opt/microsoft/ndv5/topo.xml"));
  EXPECT_THAT(
      environment.notes,
      ElementsAre("NCCL's configuration on this machine is mounted into the nodes: /etc/nccl.conf and "
                  "/opt/microsoft/ndv5/topo.xml"));
  EXPECT_THAT(left(environment), Contains("NCCL_IGNORE_CPU_AFFINITY: already set to this value by "
                                          "/etc/nccl.conf"));
}

TEST_F(NcclEnvironmentTest, ATopologyOfThePresetIsSetAndMounted) {
  use_machine("azure-nd-v5");
  std::filesystem::remove(root_ / "etc/nccl.conf");
  const auto environment = on_one_machine();
  EXPECT_THAT(mounted(environment), ElementsAre("/opt/microsoft/ndv5/topo.xml"));
  EXPECT_THAT(set(environment), Contains("NCCL_TOPO_FILE=/opt/microsoft/ndv5/topo.xml: Azure ND H100 v5: a "
                                         "virtual machine does not see the PCI switches; a container needs "
                                         "this file mounted"));
}

TEST_F(NcclEnvironmentTest, TheTopologyThatNcclReadsByDefaultIsMounted) {
  write("var/run/nvidia-topologyd/virtualTopology.xml", "<system/>");
  EXPECT_THAT(mounted(on_one_machine()), ElementsAre("/var/run/nvidia-topologyd/virtualTopology.xml"));
  write("opt/topology.xml", "<system/>");
  set_in_recipe("NCCL_TOPO_FILE", "/opt/topology.xml");
  EXPECT_THAT(mounted(on_one_machine()), ElementsAre("/opt/topology.xml"));
}

TEST_F(NcclEnvironmentTest, EnvironmentBeforeTheUsersFileBeforeTheMachines) {
  write("etc/nccl.conf", "NCCL_DEBUG=INFO\nNCCL_P2P_LEVEL=SYS\nNCCL_TOPO_FILE=/missing.xml\n");
  const test::Scratch home;
  from_.own_conf = home / ".nccl.conf";
  ASSERT_TRUE(write_file(*from_.own_conf, "NCCL_DEBUG=VERSION\n"));
  auto environment = on_one_machine();
  const auto own = from_.own_conf->string();
  EXPECT_THAT(set(environment),
              ElementsAre("NCCL_CONF_FILE=" + own + ": the user's configuration on this machine",
                          testing::StartsWith("NCCL_SOCKET_IFNAME==eth0")));
  EXPECT_THAT(left(environment), Contains("NCCL_DEBUG: already set to \"VERSION\" by " + own));
  EXPECT_THAT(mounted(environment), ElementsAre(own, "/etc/nccl.conf"));

  set_in_recipe("NCCL_DEBUG", "WARN");
  EXPECT_THAT(left(on_one_machine()),
              Contains("NCCL_DEBUG: already set to \"WARN\" by [train] env of the recipe"));

  plan_.environment.clear();
  plan_.nccl = fabric::NcclVersion{2, 21, 5};
  environment = on_one_machine();
  EXPECT_THAT(mounted(environment), ElementsAre("/etc/nccl.conf"));
  EXPECT_THAT(left(environment),
              testing::IsSupersetOf(
                  {"NCCL_CONF_FILE: NCCL 2.21.5 does not read it, so " + own + " has no effect in the nodes",
                   std::string("NCCL_DEBUG: already set to \"INFO\" by /etc/nccl.conf")}));

  plan_.nccl = std::nullopt;
  set_in_recipe("NCCL_CONF_FILE", "/data/nccl.conf");
  EXPECT_THAT(mounted(on_one_machine()), ElementsAre("/etc/nccl.conf"));
}

TEST_F(NcclEnvironmentTest, WhatIsForTheMachinesOwnNetworkDoesNotCount) {
  write("etc/nccl.conf", "NCCL_SOCKET_IFNAME=ib0\nNCCL_NET=IB\n");
  EXPECT_THAT(set(on_one_machine()),
              testing::IsSupersetOf(
                  {"NCCL_SOCKET_IFNAME==eth0: the container's interface in the run's network, by its exact "
                   "name; \"ib0\" in /etc/nccl.conf is for the machine's own network",
                   "NCCL_NET=Socket: containers of one machine get no HCA, so \"IB\" of /etc/nccl.conf could "
                   "not work"}));
}

TEST_F(NcclEnvironmentTest, WhatTheRecipeSetsStaysAndIsWarnedOf) {
  set_in_recipe("NCCL_NET", "IB");
  set_in_recipe("NCCL_SOCKET_IFNAME", "ib0");
  const auto environment = on_one_machine();
  EXPECT_THAT(set(environment), ElementsAre("NCCL_DEBUG=WARN: NCCL reports problems only"));
  EXPECT_THAT(
      environment.notes,
      ElementsAre("NCCL_SOCKET_IFNAME is \"ib0\" by [train] env of the recipe, but the nodes' "
                  "interface is eth0",
                  "NCCL_NET is \"IB\" by [train] env of the recipe, but containers of one machine get "
                  "no HCA: NCCL may fail to start"));
}

TEST_F(NcclEnvironmentTest, AFileOfTheRecipesMountsIsNotTheMachines) {
  write("etc/nccl.conf", "NCCL_DEBUG=INFO\n");
  plan_.mounts = {{"/site/etc", "/etc", true}};
  const auto environment = on_one_machine();
  EXPECT_THAT(environment.mounts, IsEmpty());
  EXPECT_THAT(set(environment), Contains("NCCL_DEBUG=WARN: NCCL reports problems only"));
}

TEST_F(NcclEnvironmentTest, ThePlanOfALocalRunHasIt) {
  use_machine("dgx-h100");
  write("etc/nccl.conf", "NCCL_DEBUG=INFO\n");
  project::Recipe recipe;
  recipe.name = "demo";
  recipe.train.command = {"train.py"};
  PlanRequest request;
  request.run = "demo-1";
  request.nccl = fabric::NcclVersion{2, 27, 3};
  SystemClock clock;
  const auto plan_with = [&](const Machine& machine) {
    return *(*make_place("local", {clock, machine, {}, from_}))->plan(recipe, request);
  };
  const auto plan = plan_with({.cpus = 8, .gpus = gpus_of(8), .files = 4096});
  std::vector<std::string> names;
  for (const auto& each : plan.environment) names.push_back(each.name);
  EXPECT_THAT(names, ElementsAre("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME", "OMP_NUM_THREADS",
                                 "TORCH_ELASTIC_SHUTDOWN_TIMEOUT", "TORCH_NCCL_DEBUG_INFO_TEMP_FILE",
                                 "TORCH_NCCL_DUMP_ON_TIMEOUT", "TORCH_NCCL_TRACE_BUFFER_SIZE"));
  EXPECT_EQ(plan.left_alone.front().name, "NCCL_DEBUG");
  EXPECT_EQ(plan.nccl_mounts.back().to, "/etc/nccl.conf");
  EXPECT_EQ(plan.nccl->text(), "2.27.3");
  EXPECT_THAT(plan.ulimits, ElementsAre(std::pair("nofile", "4096:4096")));
  EXPECT_THAT(plan_with({.cpus = 8, .gpus = gpus_of(8), .files = std::uint64_t{1} << 40}).ulimits,
              ElementsAre(std::pair("nofile", "1048576:1048576")));
  const auto gloo = plan_with({.cpus = 8});
  EXPECT_THAT(gloo.left_alone, IsEmpty());
  EXPECT_THAT(gloo.mounts, IsEmpty());
  EXPECT_THAT(gloo.ulimits, IsEmpty());
}

TEST(NcclOfALock, IsTheVersionOfItsPackage) {
  project::Lockfile lock;
  const auto add = [&](const std::string& name, const std::string& version) {
    auto& package = lock.packages.emplace_back();
    package.name = name;
    package.version = specs::Version::parse(version).value();
  };
  EXPECT_EQ(nccl_of(lock), std::nullopt);
  add("nvidia-nccl-cuda-tools", "9.9.9");
  EXPECT_EQ(nccl_of(lock), std::nullopt);
  add("nvidia-nccl-cu12", "2.27.3");
  EXPECT_EQ(nccl_of(lock), (fabric::NcclVersion{2, 27, 3}));
}

}  // namespace
}  // namespace launch::train
