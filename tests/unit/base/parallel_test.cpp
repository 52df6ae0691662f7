#include "base/parallel.hpp"

#include <atomic>
#include <vector>

#include <gtest/gtest.h>

namespace launch {
namespace {

TEST(SideBySideTest, EveryPlaceIsWorkedOnOnceAndAllAreDoneAfterwards) {
  for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
    std::vector<std::atomic<int>> times(count);
    side_by_side(count, [&](std::size_t i) { ++times[i]; });
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(times[i], 1) << i << " of " << count;
  }
}

}  // namespace
}  // namespace launch
