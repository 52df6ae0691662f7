#include "net/addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.hpp"

namespace launch::net {
namespace {

TEST(AddressesTest, AreThoseOfThisMachineThatOthersReach) {
  for (const auto* any : {"0.0.0.0", "::"}) {
    for (const auto& address : addresses_behind(any)) {
      EXPECT_EQ(is_loopback(address), false) << address;
      EXPECT_TRUE(HttpServer::start({.address = address}, [](const auto&) { return ServedResponse{}; }))
          << address;
    }
  }
}

TEST(AddressesTest, AnAddressOfOneInterfaceHasNoneBehindIt) {
  for (const auto* one : {"127.0.0.1", "::1", "192.0.2.1", ""})
    EXPECT_THAT(addresses_behind(one), testing::IsEmpty()) << one;
}

}  // namespace
}  // namespace launch::net
