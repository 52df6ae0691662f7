#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace launch::net {

/// Passes messages from the wire's thread to the thread that waits for them.
template <class T>
class Mailbox {
 public:
  void put(T news) {
    {
      const std::lock_guard guard(mutex_);
      letters_.push_back(std::move(news));
    }
    arrived_.notify_one();
  }

  /// Wakes up `take` without a message.
  void nudge() {
    {
      const std::lock_guard guard(mutex_);
      nudged_ = true;
    }
    arrived_.notify_one();
  }

  /// The next message; nullopt after the time-out, on a nudge, and when a stop is requested.
  std::optional<T> take(std::chrono::milliseconds longest, const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, stop, longest, [this] { return nudged_ || !letters_.empty(); });
    nudged_ = false;
    if (letters_.empty()) return std::nullopt;
    auto news = std::move(letters_.front());
    letters_.pop_front();
    return news;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<T> letters_;
  bool nudged_ = false;
};

}  // namespace launch::net
