#include "base/clock.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace launch {
namespace {

using namespace std::chrono_literals;

TEST(Clock, WritesTimesAsRfc3339) {
  EXPECT_EQ(utc_timestamp(std::chrono::system_clock::time_point{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_timestamp(std::chrono::system_clock::time_point{1'718'625'600s + 999ms}),
            "2024-06-17T12:00:00Z");
}

TEST(Clock, SleepEndsWhenAStopIsAskedFor) {
  SystemClock clock;
  std::stop_source source;
  const std::jthread stopper([&] { source.request_stop(); });
  const auto before = clock.steady();
  clock.sleep(1h, source.get_token());
  EXPECT_LT(clock.steady() - before, 1h);
}

TEST(Clock, SleepLastsItsTime) {
  SystemClock clock;
  const auto before = clock.steady();
  clock.sleep(5ms, {});
  EXPECT_GE(clock.steady() - before, 5ms);
}

}  // namespace
}  // namespace launch
