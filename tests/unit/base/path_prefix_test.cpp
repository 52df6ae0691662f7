#include "base/path_prefix.hpp"

#include <gtest/gtest.h>

namespace launch {
namespace {

TEST(PathPrefix, OfWholeParts) {
  EXPECT_TRUE(is_within("a/b", "a/b"));
  EXPECT_TRUE(is_within("a/b/c", "a/b"));
  EXPECT_FALSE(is_within("a/bc", "a/b"));
  EXPECT_FALSE(is_within("a", "a/b"));
}

}  // namespace
}  // namespace launch
