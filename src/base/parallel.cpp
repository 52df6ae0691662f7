#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace launch {

void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto take_turns = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  const auto threads = std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), count);
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(take_turns);
  take_turns();
}

Result<void> try_side_by_side(std::size_t count, const std::function<Result<void>(std::size_t)>& work) {
  std::atomic<bool> failed = false;
  std::mutex mutex;
  Result<void> result;
  side_by_side(count, [&](std::size_t i) {
    if (failed) return;
    auto done = work(i);
    if (done) return;
    failed = true;
    const std::scoped_lock lock(mutex);
    if (result) result = std::move(done);
  });
  return result;
}

}  // namespace launch
