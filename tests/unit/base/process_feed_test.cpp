#include <algorithm>
#include <csignal>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

#include "base/process.hpp"

namespace launch {
namespace {

/// Gives out as many bytes, and then ends.
class Source {
 public:
  explicit Source(std::size_t size) : size_(size) {}
  std::function<Result<std::size_t>(std::span<char>)> feed() {
    return [this](std::span<char> buffer) -> Result<std::size_t> {
      if (given_ >= failing_) return fail(environment_error("the source is broken"));
      const auto count = std::min(buffer.size(), size_ - given_);
      std::fill_n(buffer.begin(), count, 'x');
      given_ += count;
      return count;
    };
  }
  void fail_after(std::size_t bytes) { failing_ = bytes; }
  std::size_t given() const { return given_; }

 private:
  std::size_t size_;
  std::size_t given_ = 0;
  std::size_t failing_ = static_cast<std::size_t>(-1);
};

constexpr std::size_t kMuch = std::size_t{64} << 20;

Result<ProcessOutcome> run_fed(std::vector<std::string> argv, Source& source, std::stop_token stop = {}) {
  return make_process_runner()->run({.argv = std::move(argv), .feed = source.feed()}, std::move(stop));
}

TEST(ProcessFeed, ArrivesWhole) {
  for (const auto size : {std::size_t{0}, std::size_t{5}, (std::size_t{3} << 20) + 7}) {
    Source source(size);
    const auto outcome = run_fed({"wc", "-c"}, source);
    ASSERT_TRUE(outcome) << outcome.error().text();
    EXPECT_EQ(outcome->out, std::to_string(size) + "\n");
  }
}

TEST(ProcessFeed, AProgramThatStopsReadingDoesNoHarm) {
  std::signal(SIGPIPE, SIG_DFL);
  Source source(kMuch);
  const auto outcome = run_fed({"sh", "-c", "head -c 10; exit 3"}, source);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->out, "xxxxxxxxxx");
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_LT(source.given(), kMuch);
}

TEST(ProcessFeed, ItsFailureEndsTheProgram) {
  Source source(kMuch);
  source.fail_after(1 << 20);
  const auto outcome = run_fed({"sh", "-c", "cat >/dev/null; sleep 600"}, source);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().text(), "error: the source is broken\n");
}

TEST(ProcessFeed, AStopEndsAProgramThatReadsNothing) {
  Source source(kMuch);
  std::stop_source stop;
  std::jthread soon([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  const auto outcome = run_fed({"sleep", "600"}, source, stop.get_token());
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->cancelled);
}

}  // namespace
}  // namespace launch
