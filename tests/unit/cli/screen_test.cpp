#include "cli/screen.hpp"

#include <array>
#include <map>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/text.hpp"
#include "fakes/hand_clock.hpp"

namespace launch::cli {
namespace {

using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

std::stop_token stopped() {
  std::stop_source source;
  source.request_stop();
  return source.get_token();
}

/// A screen whose stdout is a pipe.
class ScreenTest : public testing::Test {
 protected:
  ScreenTest() { CaptureStderr(); }
  ~ScreenTest() override {
    ::close(ends_[0]);
    GetCapturedStderr();
  }

  std::string read(std::size_t bytes) {
    std::string text(bytes, '\0');
    std::size_t size = 0;
    while (size < bytes) {
      const auto count = ::read(ends_[0], text.data() + size, bytes - size);
      if (count <= 0) break;
      size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    return text;
  }
  /// What was printed on stderr so far.
  static std::string errors() {
    auto text = GetCapturedStderr();
    CaptureStderr();
    return text;
  }

  static std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    return ends;
  }

  std::array<int, 2> ends_ = make_pipe();
  fakes::HandClock clock_;
  Environment environment_{std::map<std::string, std::string, std::less<>>{}};
  Terminal terminal_{false, 80, environment_, clock_};
  Output output_{ends_[1]};
  std::chrono::milliseconds patience_{50};
};

TEST_F(ScreenTest, PrintsWhatItGets) {
  Screen screen(terminal_, output_, false, "LOGS");
  screen.line(Stream::out, "[0.1]", "loss 1\x1b[31m");
  screen.line(Stream::err, "[0]", "torchrun");
  screen.line(Stream::out, "[0.1]", "loss 2");
  EXPECT_TRUE(screen.close({}, patience_));
  EXPECT_EQ(read(34), "[0.1] loss 1\\x1b[31m\n[0.1] loss 2\n");
  EXPECT_EQ(errors(), "[0] torchrun\n");
}

TEST_F(ScreenTest, LeavesStdoutToTheDocument) {
  Screen screen(terminal_, output_, true, "LOGS");
  screen.line(Stream::out, "[0.1]", "loss 1");
  EXPECT_TRUE(screen.close(stopped(), patience_));
  EXPECT_EQ(errors(), "[0.1] loss 1\n");
}

TEST_F(ScreenTest, NeverWaitsForAReaderThatStalls) {
  constexpr int kLines = 100'000;
  Screen screen(terminal_, output_, false, "LOGS", std::size_t{1} << 20);
  for (int i = 0; i < kLines; ++i) screen.line(Stream::out, "[0.0]", fmt::format("{:08}", i));
  EXPECT_FALSE(screen.close(stopped(), patience_)) << "nothing is read";
  // The reader goes on.
  std::string text;
  std::thread reader([&] {
    for (auto part = read(4096); !part.empty(); part = read(4096)) text += part;
  });
  EXPECT_TRUE(screen.close({}, patience_));
  EXPECT_TRUE(output_.close());
  reader.join();
  int shown = 0;
  std::string before;
  for (const auto line : lines(text)) {
    ASSERT_GT(line, before) << "in order";
    before = line;
    ++shown;
  }
  int dropped = 0;
  const auto said = errors();
  for (const auto line : lines(said)) {
    const auto space = line.find(' ');
    EXPECT_EQ(line.substr(space), " lines not shown, because nothing read them; see LOGS");
    dropped += static_cast<int>(parse_u64(line.substr(0, space)).value_or(0));
  }
  EXPECT_GT(shown, 4000);
  EXPECT_GT(dropped, 4000);
  EXPECT_EQ(shown + dropped, kLines);
}

}  // namespace
}  // namespace launch::cli
