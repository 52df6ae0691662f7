#include "base/clock.hpp"

#include <condition_variable>
#include <ctime>
#include <mutex>

#include <fmt/chrono.h>

namespace launch {

std::chrono::system_clock::time_point SystemClock::now() const {
  return std::chrono::system_clock::now();
}

std::chrono::steady_clock::time_point SystemClock::steady() const {
  return std::chrono::steady_clock::now();
}

void SystemClock::sleep(std::chrono::milliseconds duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, std::move(stop), duration, [] { return false; });
}

std::string utc_timestamp(std::chrono::system_clock::time_point when) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
}

std::string utc_timestamp(std::int64_t seconds) {
  return utc_timestamp(std::chrono::system_clock::time_point(std::chrono::seconds(seconds)));
}

}  // namespace launch
