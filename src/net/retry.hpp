#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>

namespace launch::net {

/// Statuses that can be another one the next time: 408, 429, 500, 502, 503, 504.
bool is_retryable_status(int status);

/// The wait that a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date), at most a minute.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                           std::chrono::system_clock::time_point now);

/// How long to wait between tries: anything from nothing to `base` · 2^try, so that many programs that failed
/// together do not come back together. Safe to use from several threads.
class Backoff {
 public:
  explicit Backoff(std::chrono::milliseconds base) : base_(base), random_(std::random_device{}()) {}
  /// The wait after the nth failure (from 0), at most 30 s; or what the server asked for if that is longer.
  std::chrono::milliseconds wait(int failures, std::optional<std::chrono::milliseconds> asked);

 private:
  std::chrono::milliseconds base_;
  std::mutex mutex_;
  std::mt19937_64 random_;
};

}  // namespace launch::net
