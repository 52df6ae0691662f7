#include "base/error.hpp"

#include <gtest/gtest.h>

#include "base/result.hpp"

namespace launch {
namespace {

TEST(Error, PrintsItsSentenceAlone) {
  EXPECT_EQ(usage_error("no such recipe").text(), "error: no such recipe\n");
}

TEST(Error, PrintsStepsFromTheInsideOutAndHintsBehindAnEmptyLine) {
  const auto error = world_error("cannot read a.toml: Permission denied")
                         .during("reading the recipe a.toml")
                         .during("locking demo")
                         .hint("run chmod u+r a.toml")
                         .hint("or give another recipe");
  EXPECT_EQ(error.text(),
            "error: cannot read a.toml: Permission denied\n"
            "  while reading the recipe a.toml\n"
            "  while locking demo\n"
            "\n"
            "hint: run chmod u+r a.toml\n"
            "hint: or give another recipe\n");
}

TEST(Error, PrintsStepsWithoutHints) {
  EXPECT_EQ(usage_error("a").during("b").text(), "error: a\n  while b\n");
  EXPECT_EQ(usage_error("a").hint("b").text(), "error: a\n\nhint: b\n");
}

TEST(Error, TheKindSetsTheExitCode) {
  EXPECT_EQ(Error(ErrorKind::no, "").exit_code(), 1);
  EXPECT_EQ(usage_error("").exit_code(), 2);
  EXPECT_EQ(world_error("").exit_code(), 3);
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(usage_error("odd"));
  return number / 2;
}

Result<void> check(int number) {
  if (number > 9) return fail(usage_error("large"));
  return {};
}

Result<int> quarter(int number) {
  TRY(check(number));
  const int once = TRY(half(number));
  return TRY(during(half(once), "halving again"));
}

TEST(Try, GivesTheValueOrReturnsTheError) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(7).error().text(), "error: odd\n");
  EXPECT_EQ(quarter(6).error().text(), "error: odd\n  while halving again\n");
  EXPECT_EQ(quarter(12).error().text(), "error: large\n");
}

TEST(Try, TakesValuesThatCanOnlyBeMoved) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  const auto use = [&]() -> Result<int> {
    const auto pointer = TRY(make());
    return *pointer;
  };
  EXPECT_EQ(use(), 7);
}

}  // namespace
}  // namespace launch
