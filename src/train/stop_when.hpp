#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/clock.hpp"

namespace launch::train {

/// Requests a stop when another token does, or when a condition holds, which a thread looks at five times a
/// second.
class StopWhen {
 public:
  StopWhen(const std::stop_token& stop, Clock& clock, std::function<bool()> condition)
      : requested_(stop, [this] { source_.request_stop(); }),
        watcher_([this, &clock, condition = std::move(condition)](const std::stop_token& ended) {
          constexpr std::chrono::milliseconds kPause{200};
          while (!ended.stop_requested() && !condition()) clock.sleep(kPause, ended);
          if (!ended.stop_requested()) source_.request_stop();
        }) {}

  std::stop_token token() const { return source_.get_token(); }
  void request_stop() { source_.request_stop(); }

 private:
  std::stop_source source_;
  std::stop_callback<std::function<void()>> requested_;
  std::jthread watcher_;
};

}  // namespace launch::train
