#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>

namespace launch::net {

/// Statuses that may be transient: 408, 429, 500, 502, 503, 504.
bool is_retryable_status(int status);

/// The wait requested by a Retry-After header (RFC 9110, 10.2.3: seconds or a date), at most one minute.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                           std::chrono::system_clock::time_point now);

/// The wait between tries: a random time up to `base` · 2^try, so that programs that failed together do not
/// retry together. Thread-safe.
class Backoff {
 public:
  explicit Backoff(std::chrono::milliseconds base) : base_(base), random_(std::random_device{}()) {}
  /// The wait after the nth failure (from 0), at most 30 s; or what the server requested, if longer.
  std::chrono::milliseconds wait(int failures, std::optional<std::chrono::milliseconds> asked);

 private:
  std::chrono::milliseconds base_;
  std::mutex mutex_;
  std::mt19937_64 random_;
};

}  // namespace launch::net
