#include "fabric/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::fabric {
namespace {

using testing::ElementsAre;

constexpr std::string_view kRoutes4 =
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
    "eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
    "eth2\t0000420A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    "eth3\t00004D0A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    "broken\n";

std::string interface_to(const std::vector<Route>& routes, std::string_view address) {
  const auto route = route_to(routes, IpAddress::parse(address).value());
  return route ? route->interface : "none";
}

TEST(Routes, OfIpv4GoByPrefixAndMetric) {
  const auto routes = parse_routes4(kRoutes4);
  EXPECT_EQ(routes.size(), 4U) << "a rejected route and a broken line do not count";
  EXPECT_EQ(interface_to(routes, "8.8.8.8"), "eth0");
  EXPECT_EQ(interface_to(routes, "10.1.2.3"), "eth1");
  EXPECT_EQ(interface_to(routes, "10.66.2.3"), "eth2");
  EXPECT_EQ(interface_to(routes, "fd00::1"), "none");
  EXPECT_EQ(default_route(routes)->interface, "eth0");
}

TEST(Routes, OfIpv6SkipTheKernelsOwn) {
  const auto routes = parse_routes6(
      "fd000000000000420000000000000000 40 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 00000100 00000001 00000000 00000001     ib0\n"
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
      "fe800000000000000000000000000001 00000400 00000001 00000000 00000003    eth0\n"
      "fd000000000000420000000000000007 80 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 00000000 00000002 00000000 80200001     ib1\n"
      "ff000000000000000000000000000000 08 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 00000100 00000001 00000000 00000001     ib2\n"
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200      lo\n");
  EXPECT_EQ(routes.size(), 2U);
  EXPECT_EQ(interface_to(routes, "fd00:0:0:42::9"), "ib0");
  EXPECT_EQ(interface_to(routes, "2001:db8::1"), "eth0");
  EXPECT_EQ(default_route(routes)->interface, "eth0");
}

TEST(LocalAddresses, AreThoseOfTheMachine) {
  const auto found = parse_local_addresses(
      "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.0\n        /24 link UNICAST\n     |-- 10.0.0.5\n"
      "        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 10.0.0.5\n"
      "        /32 host LOCAL\n");
  EXPECT_THAT(found, ElementsAre(IpAddress::parse("10.0.0.5").value()));
}

TEST(IpAddress, IsReadAndWritten) {
  for (const auto* text : {"10.0.0.1", "fd00::1", "::1"}) {
    EXPECT_EQ(IpAddress::parse(text)->text(), text);
  }
  for (const auto* text : {"", "node0", "10.0.0", "10.0.0.1:29500", "[::1]"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_TRUE(IpAddress::parse("127.3.0.1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("10.0.0.1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("10.3.0.1")->shares(*IpAddress::parse("10.2.9.9"), 15));
  EXPECT_FALSE(IpAddress::parse("10.3.0.1")->shares(*IpAddress::parse("10.2.9.9"), 16));
}

}  // namespace
}  // namespace launch::fabric
