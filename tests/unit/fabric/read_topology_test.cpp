#include "fabric/read_topology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/files.hpp"
#include "fakes/machine_tree.hpp"
#include "unit/base/scratch.hpp"

namespace launch::fabric {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TreeTest : public ::testing::Test {
 protected:
  Tree made_of(std::string_view description) const {
    fakes::expand_machine(description, scratch_.path() / "root");
    return Tree(scratch_.path() / "root");
  }
  test::Scratch scratch_;
};

TEST_F(TreeTest, FollowsLinksWithinTheRoot) {
  const auto tree = made_of("sys/devices/a/state = up\nsys/class/net/eth0 -> ../../devices/a\n");
  EXPECT_EQ(tree.text("sys/class/net/eth0/state"), "up");
  EXPECT_EQ(tree.real("sys/class/net/eth0"), Tree::Path("sys/devices/a"));
  EXPECT_EQ(tree.text("sys/class/net/eth1/state"), std::nullopt);
  EXPECT_THAT(tree.names("sys/class/net"), ElementsAre("eth0"));
  EXPECT_THAT(tree.names("sys/class/infiniband"), IsEmpty());
}

TEST_F(TreeTest, ReadsNothingOutsideTheRoot) {
  ASSERT_TRUE(write_file(scratch_.path() / "secret/key", "key"));
  const auto outside = (scratch_.path() / "secret").string();
  const auto tree = made_of("sys/class/net/up -> ../../../../secret\nsys/class/net/away -> " + outside +
                            "\netc/nccl.conf -> " + outside + "/key\nsys/class/net/round -> round\n");
  EXPECT_EQ(tree.text("sys/class/net/up/key"), std::nullopt);
  EXPECT_EQ(tree.text("sys/class/net/away/key"), std::nullopt);
  EXPECT_EQ(tree.text("sys/class/net/round"), std::nullopt);
  EXPECT_EQ(tree.content("etc/nccl.conf"), std::nullopt);
  EXPECT_THAT(tree.names("sys/class/net/up"), IsEmpty());
  EXPECT_TRUE(tree.seen().files.empty());
}

TEST_F(TreeTest, AbsoluteLinksStartAtTheMachinesRoot) {
  const auto root = scratch_.path() / "root";
  const auto tree = made_of("etc/nccl.conf -> /opt/site/nccl.conf\nopt/site -> " + (root / "srv").string() +
                            "\nsrv/nccl.conf = NCCL_DEBUG=WARN\nvar/run -> /run\nrun/a = b\n");
  EXPECT_EQ(tree.text("etc/nccl.conf"), "NCCL_DEBUG=WARN");
  EXPECT_EQ(tree.real("etc/nccl.conf"), Tree::Path("srv/nccl.conf"));
  EXPECT_EQ(tree.text("var/run/a"), "b");
  const std::map<Tree::Path, std::string> links = {
      {"etc/nccl.conf", "../opt/site/nccl.conf"}, {"opt/site", "../srv"}, {"var/run", "../run"}};
  EXPECT_EQ(tree.seen().links, links);
}

TEST_F(TreeTest, NvSwitchesAreCounted) {
  const auto tree = made_of(
      "sys/bus/pci/devices/0000:05:00.0/vendor = 0x10de\nsys/bus/pci/devices/0000:05:00.0/class = 0x068000\n"
      "sys/bus/pci/devices/0000:06:00.0/vendor = 0x10de\nsys/bus/pci/devices/0000:06:00.0/class = "
      "0x040300\n");
  EXPECT_EQ(read_topology(tree, {}).nvswitches, 1U);
}

TEST_F(TreeTest, AnAddressInANetworkOfTwoInterfacesIsOfNeither) {
  const auto tree = made_of(
      "sys/class/net/eth0/operstate = up\nsys/class/net/eth1/operstate = up\n"
      "sys/class/net/eth2/operstate = up\n"
      "proc/net/route = Iface\\tDestination\\n"
      "eth0\\t0000000A\\t00000000\\t0001\\t0\\t0\\t100\\t00FFFFFF\\t0\\t0\\t0\\n"
      "eth1\\t0000000A\\t00000000\\t0001\\t0\\t0\\t101\\t00FFFFFF\\t0\\t0\\t0\\n"
      "eth2\\t0000010A\\t00000000\\t0001\\t0\\t0\\t102\\t00FFFFFF\\t0\\t0\\t0\n"
      "proc/net/fib_trie =      |-- 10.0.0.5\\n        /32 host LOCAL\\n     |-- 10.0.0.6\\n"
      "        /32 host LOCAL\\n     |-- 10.1.0.7\\n        /32 host LOCAL\n");
  const auto topology = read_topology(tree, {});
  ASSERT_EQ(topology.shared_addresses.size(), 2U);
  EXPECT_EQ(topology.shared_addresses.front().address.text(), "10.0.0.5");
  EXPECT_THAT(topology.shared_addresses.front().interfaces, ElementsAre("eth0", "eth1"));
  EXPECT_THAT(topology.nics[0].addresses, IsEmpty());
  EXPECT_THAT(topology.nics[1].addresses, IsEmpty());
  EXPECT_THAT(topology.nics[2].addresses, ElementsAre(IpAddress::parse("10.1.0.7").value()));
}

TEST_F(TreeTest, OddFilesAreNoDevices) {
  const auto tree = made_of(
      "sys/class/net/bonding_masters = bond0\n"
      "sys/class/infiniband/mlx5_0/ports/1/state = 4: ACTIVE\n"
      "sys/class/infiniband/mlx5_0/ports/1/rate = fast\n"
      "sys/class/infiniband/mlx5_0/ports/x/state = 4: ACTIVE\n"
      "sys/class/infiniband/mlx5_0/ports/1/gids/0 = 0000:0000:0000:0000:0000:0000:0000:0000\n"
      "sys/class/infiniband/mlx5_0/ports/1/gids/3 = 0000:0000:0000:0000:0000:ffff:0a00:0001\n"
      "sys/class/infiniband/mlx5_0/ports/1/gid_attrs/types/3 = RoCE v2\n"
      "sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de\n"
      "sys/bus/pci/devices/0000:01:00.0/class = nonsense\n");
  const auto topology = read_topology(tree, {});
  EXPECT_THAT(topology.nics, IsEmpty());
  EXPECT_THAT(topology.gpus, IsEmpty());
  ASSERT_EQ(topology.hcas.size(), 1U);
  ASSERT_EQ(topology.hcas.front().ports.size(), 1U);
  const auto& port = topology.hcas.front().ports.front();
  EXPECT_TRUE(port.active());
  EXPECT_EQ(port.rate, 0U);
  EXPECT_EQ(port.link_layer, "");
  ASSERT_EQ(port.gids.size(), 1U) << "a GID of zeros is none";
  EXPECT_EQ(port.gids.front().index, 3);
  EXPECT_TRUE(port.gids.front().is_roce_v2_ipv4());
}

TEST_F(TreeTest, AddressesOfIpv6AreThoseOfInterfaces) {
  const auto tree = made_of(
      "sys/class/net/ib0/operstate = up\n"
      "proc/net/if_inet6 = fd000000000000420000000000000007 02 40 00 80      ib0\\n"
      "fe800000000000000000000000000001 02 40 20 80      ib0\n");
  const auto topology = read_topology(tree, {});
  ASSERT_EQ(topology.nics.size(), 1U);
  EXPECT_THAT(topology.nics.front().addresses, ElementsAre(IpAddress::parse("fd00:0:0:42::7").value()));
}

}  // namespace
}  // namespace launch::fabric
