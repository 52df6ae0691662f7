#include "base/result.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

namespace launch {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(input_error("odd"));
  return number / 2;
}

Result<void> check(int number) {
  if (number > 9) return fail(input_error("large"));
  return {};
}

Result<int> quarter(int number) {
  TRY(check(number));
  TRY_ASSIGN(const int once, half(number));
  TRY_ASSIGN(const int twice, during(half(once), "halving again"));
  return twice;
}

TEST(Try, GivesTheValueOrReturnsTheError) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(7).error().text(), "error: odd\n");
  EXPECT_EQ(quarter(12).error().text(), "error: large\n");
}

TEST(Try, ReturnsTheErrorWithItsStepsAndItsKind) {
  const auto error = quarter(6).error();
  EXPECT_EQ(error.text(), "error: odd\n  while halving again\n");
  EXPECT_EQ(error.kind(), ErrorKind::input);
}

TEST(Try, DropsAValueAndStandsBelowIfAndElse) {
  const auto use = [](int number) -> Result<void> {
    if (number < 0)
      TRY(check(-number));
    else
      TRY(half(number));
    return {};
  };
  EXPECT_TRUE(use(4));
  EXPECT_TRUE(use(-3));
  EXPECT_EQ(use(3).error().message(), "odd");
  EXPECT_EQ(use(-12).error().message(), "large");
}

TEST(Try, StopsAtTheFirstError) {
  int done = 0;
  const auto use = [&](int number) -> Result<void> {
    TRY(check(number));
    ++done;
    return {};
  };
  EXPECT_FALSE(use(12));
  EXPECT_EQ(done, 0);
  EXPECT_TRUE(use(1));
  EXPECT_EQ(done, 1);
}

struct Halves {
  std::optional<int> left;
  int right = 0;
};

TEST(TryAssign, AssignsToWhatIsThereAlready) {
  const auto use = [](int left, int right) -> Result<Halves> {
    Halves halves;
    TRY_ASSIGN(halves.left, half(left));
    if (right != 0) {
      TRY_ASSIGN(halves.right, half(right));
    }
    return halves;
  };
  EXPECT_EQ(use(8, 4)->left, 4);
  EXPECT_EQ(use(8, 4)->right, 2);
  EXPECT_EQ(use(8, 0)->right, 0);
  EXPECT_FALSE(use(8, 3));
}

TEST(TryAssign, TakesAnExpressionWithCommas) {
  const auto use = []() -> Result<int> {
    TRY_ASSIGN(const auto pair, Result<std::pair<int, int>>{std::pair{3, 4}});
    const auto& [three, four] = pair;
    return three * four;
  };
  EXPECT_EQ(use(), 12);
}

TEST(TryAssign, TakesValuesThatCanOnlyBeMoved) {
  const auto make = [](int number) -> Result<std::unique_ptr<int>> { return std::make_unique<int>(number); };
  const auto use = [&]() -> Result<std::unique_ptr<int>> {
    TRY_ASSIGN(auto first, make(7));
    TRY_ASSIGN(const auto second, make(8));
    *first += *second;
    return first;
  };
  EXPECT_EQ(**use(), 15);
}

struct Counted {
  Counted() = default;
  Counted(const Counted& other) : copies(other.copies + 1) {}
  Counted(Counted&&) = default;
  Counted& operator=(const Counted&) = delete;
  Counted& operator=(Counted&&) = default;
  ~Counted() = default;
  int copies = 0;
};

TEST(TryAssign, MovesTheValueAndCopiesNothing) {
  const auto use = []() -> Result<int> {
    TRY_ASSIGN(auto counted, Result<Counted>(Counted()));
    const int declared = counted.copies;
    TRY_ASSIGN(counted, Result<Counted>(Counted()));
    return declared + counted.copies;
  };
  EXPECT_EQ(use(), 0);
}

}  // namespace
}  // namespace launch
