#include "cli/bars.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/hand_clock.hpp"

namespace launch::cli {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::IsEmpty;

/// "[0.1] text", and "err [0.1] text".
std::vector<std::string> texts(const Bars& bars) {
  std::vector<std::string> out;
  for (const auto& bar : bars.all())
    out.push_back((bar.stream == Stream::out ? "" : "err ") + bar.who + " " + bar.text);
  return out;
}

TEST(BarsTest, KeepsTheLastStateOfEachInTheOrderOfTheRanks) {
  Bars bars;
  bars.set(Stream::err, "[1.10]", "1%");
  bars.set(Stream::err, "[1.9]", "2%");
  bars.set(Stream::out, "[0.1]", "3%");
  bars.set(Stream::err, "[0.1]", "4%");
  bars.set(Stream::err, "[1.10]", "5%");
  EXPECT_THAT(texts(bars), ElementsAre("[0.1] 3%", "err [0.1] 4%", "err [1.9] 2%", "err [1.10] 5%"));
}

TEST(BarsTest, ALineOrABlankStateEndsABar) {
  Bars bars;
  EXPECT_FALSE(bars.end(Stream::err, "[0.1]"));
  bars.set(Stream::err, "[0.1]", "99%");
  EXPECT_FALSE(bars.end(Stream::out, "[0.1]"));
  EXPECT_FALSE(bars.end(Stream::err, "[0.0]"));
  EXPECT_TRUE(bars.end(Stream::err, "[0.1]"));
  EXPECT_FALSE(bars.end(Stream::err, "[0.1]"));
  bars.set(Stream::err, "[0.2]", "99%");
  bars.set(Stream::err, "[0.2]", "\x1b[0m   ");
  EXPECT_THAT(texts(bars), IsEmpty());
  bars.set(Stream::err, "[0.2]", "99%");
  bars.clear();
  EXPECT_FALSE(bars.end(Stream::err, "[0.2]"));
}

TEST(BarsTest, OneIsDueEveryTenSeconds) {
  fakes::HandClock clock;
  Bars bars;
  const auto due = [&](std::string_view who, std::string_view text) {
    bars.set(Stream::err, who, text);
    return bars.take_due(Stream::err, who, clock.steady()).value_or("");
  };
  EXPECT_THAT(bars.take_due(Stream::err, "[0.1]", clock.steady()), Eq(std::nullopt));
  EXPECT_EQ(due("[0.1]", "0%"), "0%");
  EXPECT_THAT(texts(bars), IsEmpty()) << "it is printed";
  clock.sleep(std::chrono::milliseconds(9999), {});
  EXPECT_EQ(due("[0.1]", "1%"), "");
  EXPECT_THAT(texts(bars), ElementsAre("err [0.1] 1%"));
  EXPECT_EQ(due("[0.2]", "0%"), "0%") << "another rank's";
  clock.sleep(std::chrono::milliseconds(1), {});
  EXPECT_EQ(due("[0.1]", "2%"), "2%");
  bars.end(Stream::err, "[0.1]");
  EXPECT_EQ(due("[0.1]", "0%"), "") << "the next bar of the same rank";
}

}  // namespace
}  // namespace launch::cli
