#include "net/content_range.hpp"

#include <gtest/gtest.h>

namespace launch::net {
namespace {

TEST(ContentRangeTest, ReadsItsThreeForms) {
  const auto whole = parse_content_range("bytes 10-99/100");
  ASSERT_TRUE(whole && whole->range);
  EXPECT_EQ(whole->range->first, 10U);
  EXPECT_EQ(whole->range->last, 99U);
  EXPECT_EQ(whole->size, 100U);

  const auto of_unknown = parse_content_range("Bytes 0-0/*");
  ASSERT_TRUE(of_unknown && of_unknown->range);
  EXPECT_EQ(of_unknown->size, std::nullopt);

  const auto beyond = parse_content_range("bytes */1234");
  ASSERT_TRUE(beyond);
  EXPECT_FALSE(beyond->range);
  EXPECT_EQ(beyond->size, 1234U);
}

TEST(ContentRangeTest, WhatIsNoRangeIsNothing) {
  for (const auto* const text :
       {"", "bytes", "bytes ", "0-9/10", "lines 0-9/10", "bytes 0-9", "bytes 0-9/", "bytes 0-9/10/10",
        "bytes 0-1-2/10", "bytes 9-0/10", "bytes 0-10/10", "bytes -9/10", "bytes a-9/10", "bytes 0-9/x"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

}  // namespace
}  // namespace launch::net
