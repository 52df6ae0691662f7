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
  EXPECT_EQ(port.link_layer, "unknown");
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
