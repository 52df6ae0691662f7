#include "train/subnet.hpp"

#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::train {
namespace {

TEST(SubnetOfARun, HasRoomForItsNodes) {
  const auto small = Subnet::of_run("demo-1", 2);
  EXPECT_THAT(small.text(), testing::MatchesRegex("198\\.19\\.[0-9]+\\.[0-9]+/27"));
  EXPECT_EQ(small.text(), Subnet::of_run("demo-1", 29).text());
  EXPECT_THAT(Subnet::of_run("demo-1", 30).text(), testing::EndsWith("/26"));
  const auto large = Subnet::of_run("demo-1", 1024);
  EXPECT_THAT(large.text(), testing::EndsWith("/21"));
  std::set<std::string> addresses;
  for (int node = 0; node < 1024; ++node) addresses.insert(large.address(node));
  EXPECT_EQ(addresses.size(), 1024U);
}

TEST(SubnetOfARun, NodesComeAfterTheGateway) {
  const auto subnet = Subnet::of_run("demo-1", 2);
  const auto text = subnet.text();
  const auto dot = text.rfind('.');
  const int first = std::stoi(text.substr(dot + 1));
  EXPECT_EQ(subnet.address(0), fmt::format("{}.{}", text.substr(0, dot), first + 2));
  EXPECT_EQ(subnet.address(1), fmt::format("{}.{}", text.substr(0, dot), first + 3));
}

TEST(SubnetOfARun, DiffersFromRunToRunAndFromTryToTry) {
  std::set<std::string> subnets;
  for (int run = 0; run < 100; ++run) subnets.insert(Subnet::of_run(fmt::format("demo-{}", run), 2).text());
  EXPECT_GT(subnets.size(), 90U);
  subnets.clear();
  for (unsigned tries = 0; tries < 2048; ++tries) subnets.insert(Subnet::of_run("demo-1", 2, tries).text());
  EXPECT_EQ(subnets.size(), 2048U);
}

}  // namespace
}  // namespace launch::train
