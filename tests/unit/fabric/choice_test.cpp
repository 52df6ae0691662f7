#include "fabric/choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"

namespace launch::fabric {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PciPlace place(std::vector<std::string> path, int numa = 0) {
  return {.path = std::move(path), .numa = numa, .vendor = 0x15b3, .device = 0x1021};
}

Hca hca(std::string name, PciPlace pci, std::vector<Port> ports) {
  return {.name = std::move(name), .pci = std::move(pci), .ports = std::move(ports)};
}

Port infiniband(unsigned rate, std::string state = "ACTIVE", int number = 1) {
  return {.number = number, .state = std::move(state), .link_layer = "InfiniBand", .rate = rate};
}

/// "NCCL_NET=IB", …
std::vector<std::string> set_by(const Choice& choice) {
  std::vector<std::string> out;
  for (const auto& each : choice.variables) out.push_back(each.name + "=" + each.value);
  return out;
}

std::string left(const Choice& choice, std::string_view name) {
  for (const auto& each : choice.left_alone) {
    if (each.name == name) return each.reason;
  }
  return "not left alone";
}

TEST(Distance, IsWhatNcclCallsIt) {
  const auto gpu = place({"pci0000:15", "0000:15:01.0", "0000:16:00.0", "0000:17:01.0", "0000:1b:00.0"});
  const std::vector<std::pair<PciPlace, std::string_view>> cases = {
      {place({"pci0000:15", "0000:15:01.0", "0000:16:00.0", "0000:17:00.0", "0000:18:00.0"}), "PIX"},
      {place({"pci0000:15", "0000:15:01.0", "0000:16:00.0", "0000:17:02.0", "0000:19:00.0", "0000:1a:00.0",
              "0000:1c:00.0"}),
       "PXB"},
      {place({"pci0000:15", "0000:15:02.0", "0000:20:00.0"}), "PHB"},
      {place({"pci0000:30", "0000:30:01.0", "0000:31:00.0"}), "NODE"},
      {place({"pci0000:80", "0000:80:01.0", "0000:81:00.0"}, 1), "SYS"},
      {PciPlace(), "unknown"},
  };
  for (const auto& [other, name] : cases) {
    EXPECT_EQ(distance_name(distance_of(gpu, other)), name);
    EXPECT_EQ(distance_name(distance_of(other, gpu)), name);
  }
  EXPECT_EQ(switch_of(gpu), "0000:15:01.0");
  EXPECT_EQ(switch_of(place({"pci0000:00", "0000:00:02.0"})), "");
}

TEST(NameOrder, CountsDigitsAsNumbers) {
  EXPECT_TRUE(name_less("mlx5_2", "mlx5_10"));
  EXPECT_FALSE(name_less("mlx5_10", "mlx5_2"));
  EXPECT_TRUE(name_less("eth0", "mlx5_0"));
  EXPECT_FALSE(name_less("ib01", "ib1"));
  EXPECT_TRUE(name_less("ib", "ib0"));
}

TEST(Hcas, ThoseWithTheGreatestRateTogetherAreChosen) {
  Topology topology;
  for (int i = 0; i < 4; ++i)
    topology.hcas.push_back(hca("mlx5_" + std::to_string(i), {}, {infiniband(200)}));
  topology.hcas.push_back(hca("mlx5_4", {}, {infiniband(400)}));
  EXPECT_EQ(hca_list(choose_hcas(topology), topology), "=mlx5_0,mlx5_1,mlx5_2,mlx5_3");
  topology.hcas.push_back(hca("mlx5_5", {}, {infiniband(400)}));
  EXPECT_EQ(hca_list(choose_hcas(topology), topology), "=mlx5_4,mlx5_5") << "of equal sums, the faster ones";
}

TEST(Hcas, OfTwoPortsAreNamedWithThePort) {
  Topology topology;
  topology.hcas.push_back(hca("mlx4_0", {}, {infiniband(56), infiniband(10, "DOWN", 2)}));
  const auto choice = choose_hcas(topology);
  EXPECT_EQ(hca_list(choice, topology), "=mlx4_0:1");
  EXPECT_THAT(choice.warnings,
              ElementsAre("1 of 2 ports for the GPUs is not ACTIVE: mlx4_0:2; check cables and switches"));
}

TEST(Hcas, VirtualFunctionsStayOut) {
  Topology topology;
  topology.hcas.push_back(hca("mlx5_0", {}, {infiniband(400)}));
  topology.hcas.push_back(hca("mlx5_1", {}, {infiniband(400)}));
  topology.hcas.back().is_virtual_function = true;
  EXPECT_EQ(hca_list(choose_hcas(topology), topology), "=mlx5_0");
}

TEST(Hcas, TheOnlyOneIsChosenThoughItCarriesTheDefaultRoute) {
  Topology topology;
  topology.hcas.push_back(hca("mlx5_0", {}, {{.state = "ACTIVE", .link_layer = "Ethernet", .rate = 100}}));
  topology.hcas.back().netdevs = {"eth0"};
  topology.routes.push_back({.interface = "eth0", .gateway = true});
  const auto choice = choose_hcas(topology);
  EXPECT_EQ(hca_list(choice, topology), "=mlx5_0");
  EXPECT_THAT(choice.warnings,
              ElementsAre("no RoCE v2 GID for IPv4 on mlx5_0; without an IPv4 address on its "
                          "interface, NCCL uses another GID"));
}

TEST(Choice, SetsWhatTheReleaseReads) {
  Topology topology;
  topology.hcas.push_back(hca("mlx5_0", {}, {infiniband(200)}));
  EXPECT_THAT(set_by(choose(topology, {})), ElementsAre("NCCL_IB_HCA==mlx5_0", "NCCL_NET=IB"));
  const auto old = choose(topology, {.nccl = NcclVersion{2, 9, 6}});
  EXPECT_THAT(set_by(old), ElementsAre("NCCL_IB_HCA==mlx5_0"));
  EXPECT_EQ(left(old, "NCCL_NET"), "NCCL 2.9.6 does not read it (added in 2.10.3)");
}

TEST(Choice, TheReleaseThatAnImageHasIsNoSetting) {
  const auto settings = resolve({{"NCCL_VERSION", "2.27.3-1"}, {"NCCL_DEBUG", "INFO"}}, {});
  ASSERT_EQ(settings.size(), 1U);
  EXPECT_EQ(settings[0].name, "NCCL_DEBUG");
}

TEST(Choice, LeavesWhatIsSet) {
  Topology topology;
  topology.hcas.push_back(hca("mlx5_0", {}, {infiniband(200)}));
  const auto choice = choose(topology, {.settings = {{"NCCL_IB_HCA", "mlx5", "/etc/nccl.conf"},
                                                     {"NCCL_NET", "IB", "the environment"}}});
  EXPECT_THAT(set_by(choice), IsEmpty());
  EXPECT_EQ(left(choice, "NCCL_IB_HCA"),
            "already set to \"mlx5\" by /etc/nccl.conf; \"=mlx5_0\" would suit this machine");
  EXPECT_EQ(left(choice, "NCCL_NET"), "already set to this value by the environment");
  const auto off = choose(topology, {.settings = {{"NCCL_IB_DISABLE", "1", "the environment"}}});
  EXPECT_THAT(set_by(off), IsEmpty());
  EXPECT_EQ(left(off, "NCCL_NET"), "NCCL_IB_DISABLE is set to \"1\" by the environment");
}

TEST(Choice, ReadsIbDisableAsNcclDoes) {
  Topology topology;
  topology.hcas.push_back(hca("mlx5_0", {}, {infiniband(200)}));
  const auto uses_hcas = [&](const std::string& value) {
    return !set_by(choose(topology, {.settings = {{"NCCL_IB_DISABLE", value, "x"}}})).empty();
  };
  for (const auto* off : {"1", " 1", "0x1", "2", "1 # no", "-1"}) EXPECT_FALSE(uses_hcas(off)) << off;
  for (const auto* on : {"", "0", "false", "true", "yes", "x1", "99999999999999999999"}) {
    EXPECT_TRUE(uses_hcas(on)) << on;
  }
}

Topology with_interfaces() {
  Topology topology;
  const auto address = IpAddress::parse("10.0.0.5").value();
  topology.nics.push_back({.name = "eth0", .kind = NicKind::physical, .up = true, .addresses = {address}});
  topology.nics.push_back({.name = "eth1", .kind = NicKind::physical, .up = true});
  topology.routes.push_back(
      {.interface = "eth0", .destination = IpAddress::parse("10.0.0.0").value(), .prefix = 24});
  return topology;
}

TEST(Interface, IsTheOneThatRoutesToTheHead) {
  const auto topology = with_interfaces();
  const auto towards = [&](std::string_view head) {
    const auto choice = choose(topology, {.head = IpAddress::parse(head)});
    return choice.interface.empty() ? left(choice, "NCCL_SOCKET_IFNAME")
                                    : choice.interface + ": " + choice.variables.front().reason;
  };
  EXPECT_EQ(towards("10.0.0.9"), "eth0: it routes to the head, 10.0.0.9");
  EXPECT_EQ(towards("10.0.0.5"), "eth0: it has the head's address, 10.0.0.5");
  EXPECT_EQ(towards("127.0.0.1"), "the head, 127.0.0.1, is this machine itself");
  EXPECT_EQ(towards("192.168.0.1"), "no route leads to 192.168.0.1");
}

TEST(Interface, OfAnAddressInANetworkOfTwoIsUnknown) {
  auto topology = with_interfaces();
  topology.shared_addresses = {{IpAddress::parse("10.0.1.5").value(), {"eth0", "eth1"}}};
  EXPECT_EQ(
      left(choose(topology, {.head = IpAddress::parse("10.0.1.5")}), "NCCL_SOCKET_IFNAME"),
      "the head's address, 10.0.1.5, is on eth0 or eth1: which of them is unknown, since all are in its "
      "network");
}

TEST(Interface, WithoutADefaultRouteMustBeTheOnlyOne) {
  auto topology = with_interfaces();
  EXPECT_EQ(left(choose(topology, {}), "NCCL_SOCKET_IFNAME"),
            "there is no default route, and eth0 and eth1 are up; name the head with --head");
  topology.nics.back().up = false;
  EXPECT_EQ(choose(topology, {}).interface, "eth0");
  topology.nics.front().up = false;
  EXPECT_EQ(left(choose(topology, {}), "NCCL_SOCKET_IFNAME"), "no interface is up");
}

TEST(Interface, ThatIsDownIsAWarning) {
  auto topology = with_interfaces();
  topology.nics.front().up = false;
  const auto choice = choose(topology, {.head = IpAddress::parse("10.0.0.9")});
  EXPECT_THAT(choice.warnings, ElementsAre("eth0 is not up, though a route uses it"));
}

}  // namespace
}  // namespace launch::fabric
