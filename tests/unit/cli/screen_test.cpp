#include "cli/screen.hpp"

#include <array>
#include <map>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.hpp"
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
  bool close(Screen& screen, const std::stop_token& stop = {}) const {
    return screen.close(Stream::out, stop, patience_) && screen.close(Stream::err, stop, patience_);
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
  Terminal terminal_{false, [] { return Window{}; }, environment_, clock_};
  Output output_{ends_[1]};
  std::chrono::milliseconds patience_{50};
};

TEST_F(ScreenTest, PrintsWhatItGets) {
  Screen screen(terminal_, output_, StdoutIs::lines, "LOGS", clock_);
  screen.line(Stream::out, "[0.1]", "\x1b[31mloss 1\x1b[2J");
  screen.line(Stream::err, "[0]", "torchrun");
  screen.line(Stream::out, "[0.1]", "loss 2");
  EXPECT_TRUE(close(screen));
  EXPECT_EQ(read(33), "[0.1] loss 1\\x1b[2J\n[0.1] loss 2\n");
  EXPECT_EQ(errors(), "[0] torchrun\n");
}

TEST_F(ScreenTest, LeavesStdoutToTheDocument) {
  Screen screen(terminal_, output_, StdoutIs::document, "LOGS", clock_);
  screen.line(Stream::out, "[0.1]", "loss 1");
  EXPECT_TRUE(close(screen, stopped()));
  EXPECT_EQ(errors(), "[0.1] loss 1\n");
}

TEST_F(ScreenTest, WithoutATerminalABarIsALineEveryTenSecondsAndWhatIsLeftOfIt) {
  Screen screen(terminal_, output_, StdoutIs::lines, "LOGS", clock_);
  for (int second = 0; second < 25; ++second) {
    screen.bar(Stream::err, "[0.1]", fmt::format("{}%", second));
    screen.bar(Stream::err, "[0.2]", fmt::format("\x1b[32m{}%", second));
    clock_.sleep(std::chrono::seconds(1), {});
  }
  screen.line(Stream::err, "[0.1]", "100%");
  EXPECT_TRUE(close(screen));
  EXPECT_EQ(errors(),
            "[0.1] 0%\n[0.2] 0%\n[0.1] 10%\n[0.2] 10%\n[0.1] 20%\n[0.2] 20%\n[0.1] 100%\n[0.2] 24%\n");
}

/// A screen whose stderr is a terminal of eight rows, and whose stdout is one or not.
class LiveScreenTest : public ScreenTest {
 protected:
  /// Returns what was printed on stderr, once this is in it.
  static std::string errors_with(std::string_view text) {
    for (;;) {
      auto so_far = read_file("/proc/self/fd/2").value_or("");
      if (so_far.find(text) != std::string::npos) return so_far;
      std::this_thread::yield();
    }
  }

  Terminal live_{true, [] { return Window{40, 8}; }, environment_, clock_};
  Output shown_{ends_[1], {.is_terminal = true, .colours = Colours::kept}};
};

TEST_F(LiveScreenTest, BarsAreDrawnBelowTheLinesOfBothStreams) {
  Screen screen(live_, shown_, StdoutIs::lines, "LOGS", clock_);
  screen.bar(Stream::err, "[0.1]", "50%");
  screen.line(Stream::out, "[0.0]", "\x1b[31mloss 1");
  EXPECT_EQ(read(22), "[0.0] \x1b[31mloss 1\x1b[0m\n");
  errors_with("\x1b[2m[0.1]\x1b[0m 50%\x1b[J\r");
  screen.line(Stream::err, "[0.1]", "100%");
  EXPECT_TRUE(close(screen));
  const auto text = errors();
  EXPECT_THAT(text, testing::HasSubstr("\r\x1b[K\x1b[2m[0.1]\x1b[0m 100%\n"));
  EXPECT_TRUE(text.ends_with("100%\n")) << "no bar is left: " << printable(text);
}

TEST_F(LiveScreenTest, OnlyTheFirstRanksHaveRoom) {
  Screen screen(live_, shown_, StdoutIs::lines, "LOGS", clock_);
  for (const auto* who : {"[0.0]", "[0.1]", "[0.2]", "[0.3]", "[0.4]"}) screen.bar(Stream::err, who, "50%");
  auto text = errors_with("and 2 more bars");
  text.erase(0, text.rfind("\x1b[?7l"));
  EXPECT_THAT(text, testing::HasSubstr("[0.2]"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("[0.3]")));
  EXPECT_TRUE(close(screen));
  EXPECT_THAT(errors(), testing::EndsWith("\x1b[2m[0.3]\x1b[0m 50%\n\x1b[2m[0.4]\x1b[0m 50%\n"))
      << "what is left of them";
}

TEST_F(LiveScreenTest, NothingIsDrawnOverIfStdoutGoesElsewhere) {
  Screen screen(live_, output_, StdoutIs::lines, "LOGS", clock_);
  screen.bar(Stream::err, "[0.1]", "50%");
  screen.bar(Stream::err, "[0.1]", "51%");
  screen.line(Stream::err, "[0.1]", "100%");
  EXPECT_TRUE(close(screen));
  EXPECT_EQ(errors(), "\x1b[2m[0.1]\x1b[0m 50%\n\x1b[2m[0.1]\x1b[0m 100%\n");
}

TEST_F(ScreenTest, NeverWaitsForAReaderThatStalls) {
  constexpr int kLines = 100'000;
  Screen screen(terminal_, output_, StdoutIs::lines, "LOGS", clock_, std::size_t{1} << 20);
  for (int i = 0; i < kLines; ++i) screen.line(Stream::out, "[0.0]", fmt::format("{:08}", i));
  EXPECT_FALSE(close(screen, stopped())) << "nothing is read";
  // The reader goes on.
  std::string text;
  std::thread reader([&] {
    for (auto part = read(4096); !part.empty(); part = read(4096)) text += part;
  });
  EXPECT_TRUE(close(screen));
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

TEST_F(ScreenTest, StderrDoesNotWaitForTheReaderOfStdout) {
  Screen screen(terminal_, output_, StdoutIs::lines, "LOGS", clock_);
  for (int i = 0; i < 10'000; ++i) screen.line(Stream::out, "[0.0]", "a line that nobody reads");
  screen.line(Stream::err, "[0]", "torchrun");
  screen.bar(Stream::err, "[0.1]", "50%");
  EXPECT_TRUE(screen.close(Stream::err, {}, patience_));
  EXPECT_EQ(errors(), "[0] torchrun\n[0.1] 50%\n");
  EXPECT_FALSE(screen.close(Stream::out, stopped(), patience_));
  std::thread reader([&] {
    while (!read(4096).empty()) continue;
  });
  EXPECT_TRUE(close(screen));
  EXPECT_TRUE(output_.close());
  reader.join();
}

TEST_F(ScreenTest, AReaderOfBothStreamsGetsThemInTheirOrder) {
  Output both(ends_[1], {.is_stderr = true});
  Screen screen(terminal_, both, StdoutIs::lines, "LOGS", clock_);
  for (int i = 0; i < 10'000; ++i) screen.line(Stream::out, "[0.0]", "a line that nobody reads");
  screen.line(Stream::err, "[0]", "torchrun");
  EXPECT_FALSE(screen.close(Stream::err, stopped(), patience_)) << "stdout's lines come first";
  EXPECT_EQ(errors(), "");
  std::thread reader([&] {
    while (!read(4096).empty()) continue;
  });
  EXPECT_TRUE(close(screen));
  EXPECT_EQ(errors(), "[0] torchrun\n");
  EXPECT_TRUE(both.close());
  reader.join();
}

}  // namespace
}  // namespace launch::cli
