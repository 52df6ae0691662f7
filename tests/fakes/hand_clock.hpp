#pragma once

#include <chrono>
#include <mutex>
#include <vector>

#include "base/clock.hpp"

namespace launch::fakes {

/// A clock that advances only by sleeps, which take no real time. Records all sleeps.
class HandClock final : public Clock {
 public:
  explicit HandClock(
      std::chrono::system_clock::time_point start = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2))
      : start_(start) {}

  std::chrono::system_clock::time_point now() const override { return start_ + passed(); }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::hours(1) + passed());
  }
  void sleep(std::chrono::milliseconds duration, std::stop_token) override {
    const std::lock_guard guard(mutex_);
    passed_ += duration;
    sleeps_.push_back(duration);
  }

  void advance(std::chrono::milliseconds duration) {
    const std::lock_guard guard(mutex_);
    passed_ += duration;
  }
  std::vector<std::chrono::milliseconds> sleeps() const {
    const std::lock_guard guard(mutex_);
    return sleeps_;
  }

 private:
  std::chrono::milliseconds passed() const {
    const std::lock_guard guard(mutex_);
    return passed_;
  }

  std::chrono::system_clock::time_point start_;
  mutable std::mutex mutex_;
  std::chrono::milliseconds passed_{0};
  std::vector<std::chrono::milliseconds> sleeps_;
};

}  // namespace launch::fakes
