#include "base/once_each.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "base/parallel.hpp"

namespace launch {
namespace {

TEST(OnceEach, MakesAValueOnceForAllThreads) {
  OnceEach<int, int> squares;
  std::atomic<int> made = 0;
  side_by_side(100, [&](std::size_t at) {
    const int key = static_cast<int>(at % 3);
    EXPECT_EQ(squares.of(key, [&] { return ++made, key * key; }), key * key);
  });
  EXPECT_EQ(made, 3);
}

TEST(OnceEach, AValueIsMadeWhileAnotherIs) {
  OnceEach<int, int> values;
  EXPECT_EQ(values.of(1, [&] { return 1 + values.of(2, [] { return 2; }); }), 3);
}

}  // namespace
}  // namespace launch
