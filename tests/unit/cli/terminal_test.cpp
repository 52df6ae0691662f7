#include "cli/terminal.hpp"

#include <functional>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::cli {
namespace {

using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

class HandClock final : public Clock {
 public:
  std::chrono::system_clock::time_point now() const override { return {}; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(at);
  }
  void sleep(std::chrono::milliseconds duration, std::stop_token) override { at += duration; }
  std::chrono::milliseconds at{1000};
};

std::function<Window()> window(int columns, int rows = 24) {
  return [=] { return Window{columns, rows}; };
}

Environment environment(std::map<std::string, std::string, std::less<>> values) {
  return Environment(std::move(values));
}

TEST(Terminal, ColourNeedsATerminalThatWantsIt) {
  HandClock clock;
  EXPECT_TRUE(Terminal(true, window(80), environment({{"TERM", "xterm"}}), clock).colour());
  EXPECT_FALSE(Terminal(false, window(80), environment({{"TERM", "xterm"}}), clock).colour());
  EXPECT_FALSE(Terminal(true, window(80), environment({{"TERM", "dumb"}}), clock).colour());
  EXPECT_FALSE(Terminal(true, window(80), environment({{"NO_COLOR", "1"}}), clock).colour());
  EXPECT_TRUE(Terminal(false, window(80), environment({{"CLICOLOR_FORCE", "1"}}), clock).colour());
  EXPECT_FALSE(
      Terminal(false, window(80), environment({{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}), clock).colour());
}

TEST(Terminal, PaintsOnlyInColour) {
  HandClock clock;
  EXPECT_EQ(Terminal(true, window(80), environment({}), clock).red("no").bytes(), "\x1b[31mno\x1b[0m");
  EXPECT_EQ(Terminal(false, window(80), environment({}), clock).red("no").bytes(), "no");
}

TEST(Terminal, ColourGoesAroundTextThatHasLostItsOwn) {
  HandClock clock;
  Terminal terminal(true, window(80), environment({}), clock);
  CaptureStderr();
  terminal.line(terminal.red(terminal.bold("a\x1b[0m")), " b\x1b[31m\n  c");
  EXPECT_EQ(GetCapturedStderr(), "\x1b[31m\x1b[1ma\\x1b[0m\x1b[0m\x1b[0m b\\x1b[31m\n  c\n");
}

TEST(Terminal, DrawsProgressOverItselfAndTellsRateAndRemainder) {
  HandClock clock;
  Terminal terminal(true, window(80), environment({}), clock);
  CaptureStderr();
  terminal.progress("fetching", 0, 4'000'000'000);
  clock.at += std::chrono::seconds(2);
  terminal.progress("fetching", 1'000'000'000, 4'000'000'000);
  terminal.line("done");
  EXPECT_EQ(GetCapturedStderr(),
            "\r\x1b[Kfetching: 0 B of 4.0 GB, 0 B/s"
            "\r\x1b[Kfetching: 1.0 GB of 4.0 GB, 500.0 MB/s, 6.0 s left"
            "\r\x1b[Kdone\n");
}

TEST(Terminal, DrawsNoMoreThanTenTimesASecond) {
  HandClock clock;
  Terminal terminal(true, window(80), environment({}), clock);
  CaptureStderr();
  terminal.progress("fetching", 1, 0);
  clock.at += std::chrono::milliseconds(99);
  terminal.progress("fetching", 2, 0);
  EXPECT_EQ(GetCapturedStderr(), "\r\x1b[Kfetching: 1 B, 1.0 kB/s");
}

TEST(Terminal, WritesAPlainLineEveryTenSecondsWithoutATerminal) {
  HandClock clock;
  Terminal terminal(false, window(80), environment({}), clock);
  CaptureStderr();
  for (int second = 0; second <= 20; ++second) {
    terminal.progress("fetching", static_cast<std::uint64_t>(second) * 1'000'000, 40'000'000);
    clock.at += std::chrono::seconds(1);
  }
  terminal.status("resolving");
  terminal.clear();
  EXPECT_EQ(GetCapturedStderr(),
            "fetching: 10.0 MB of 40.0 MB, 1.0 MB/s, 30 s left\n"
            "fetching: 20.0 MB of 40.0 MB, 1.0 MB/s, 20 s left\n");
}

TEST(Terminal, KeepsToTheWidthAndDefusesControlCharacters) {
  HandClock clock;
  Terminal terminal(true, window(12), environment({}), clock);
  CaptureStderr();
  terminal.status("a\x1b[2Jbcdefghijklmnop");
  EXPECT_EQ(GetCapturedStderr(), "\r\x1b[Ka\\x1b[2Jbcd");
}

TEST(Terminal, DrawsBarsOverEachOtherAndLinesAboveThem) {
  HandClock clock;
  Terminal terminal(true, window(12), environment({{"NO_COLOR", "1"}}), clock);
  CaptureStderr();
  terminal.bars({"[0.0] 10%|#  |\n", "[0.1] 9%\n"});
  terminal.bars({"[0.1] 12%\n"});
  terminal.bars({"[0.0] 3%\n", "[0.1] 12%\n", "[0.2] 1%\n"});
  terminal.line("loss 1");
  terminal.bars({"[0.1] 13%\n"});
  terminal.bars({});
  terminal.bars({});
  EXPECT_EQ(GetCapturedStderr(),
            "\r\x1b[?7l[0.0] 10%|#\x1b[K\n[0.1] 9%\x1b[J\r\x1b[?7h"
            "\r\x1b[1A\x1b[?7l[0.1] 12%\x1b[J\r\x1b[?7h"
            "\r\x1b[?7l[0.0] 3%\x1b[K\n[0.1] 12%\x1b[K\n[0.2] 1%\x1b[J\r\x1b[?7h"
            "\r\x1b[2A\x1b[Jloss 1\n"
            "\r\x1b[?7l[0.1] 13%\x1b[J\r\x1b[?7h"
            "\r\x1b[K");
}

TEST(Terminal, AStatusReplacesBars) {
  HandClock clock;
  Terminal terminal(true, window(12), environment({}), clock);
  CaptureStderr();
  terminal.bars({"a\n", "b\n"});
  terminal.status("resolving");
  EXPECT_EQ(GetCapturedStderr(), "\r\x1b[?7la\x1b[K\nb\x1b[J\r\x1b[?7h\r\x1b[1A\x1b[J\r\x1b[Kresolving");
}

TEST(Terminal, BarsHaveHalfOfTheRows) {
  HandClock clock;
  EXPECT_EQ(Terminal(true, window(80, 10), environment({}), clock).room_for_bars(), 5U);
  EXPECT_EQ(Terminal(true, window(80, 1), environment({}), clock).room_for_bars(), 1U);
  EXPECT_EQ(Terminal(true, window(0, 0), environment({}), clock).room_for_bars(), 12U);
}

TEST(Terminal, WhatAProgramPrintedHasItsColoursWhereThereAreAny) {
  HandClock clock;
  constexpr std::string_view kLine = "\x1b[1;31mno\x1b[2J";
  EXPECT_EQ(Terminal(true, window(80), environment({}), clock).printed(kLine).bytes(),
            "\x1b[1;31mno\\x1b[2J\x1b[0m");
  EXPECT_EQ(Terminal(false, window(80), environment({}), clock).printed(kLine).bytes(), "no\\x1b[2J");
}

TEST(Terminal, InContinuousIntegrationNothingIsDrawnOver) {
  HandClock clock;
  EXPECT_FALSE(Terminal(true, window(80), environment({{"CI", "true"}}), clock).live());
}

}  // namespace
}  // namespace launch::cli
