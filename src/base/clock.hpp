#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

namespace launch {

/// Time; main passes it in so that tests can control it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::system_clock::time_point now() const = 0;
  virtual std::chrono::steady_clock::time_point steady() const = 0;
  /// Waits; returns early when a stop is requested.
  virtual void sleep(std::chrono::milliseconds duration, std::stop_token stop = {}) = 0;
};

class SystemClock final : public Clock {
 public:
  std::chrono::system_clock::time_point now() const override;
  std::chrono::steady_clock::time_point steady() const override;
  void sleep(std::chrono::milliseconds duration, std::stop_token stop) override;
};

/// "2026-11-24T05:12:09Z" (RFC 3339, UTC, whole seconds)
std::string utc_timestamp(std::chrono::system_clock::time_point when);
/// The same of seconds since 1970.
std::string utc_timestamp(std::int64_t seconds);

}  // namespace launch
