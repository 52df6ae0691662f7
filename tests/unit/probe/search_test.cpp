#include "probe/search.hpp"

#include <string>

#include <gtest/gtest.h>

namespace launch::probe {
namespace {

/// By letters: "." untried, "w" works, "f" fails, "s" skipped.
std::vector<Trial> trials(const std::string& letters) {
  std::vector<Trial> all;
  for (const auto letter : letters) {
    all.push_back(letter == 'w'   ? Trial::works
                  : letter == 'f' ? Trial::fails
                  : letter == 's' ? Trial::skipped
                                  : Trial::untried);
  }
  return all;
}

TEST(Search, TheNextVersion) {
  struct Case {
    const char* tried;
    std::optional<std::size_t> next;
    std::optional<Narrowed> change;
  };
  const Case cases[] = {
      {"", {}, {}},
      {".......", 0, {}},
      {"w......", 6, {}},
      {"w.....w", {}, {}},
      {"w.....f", 3, Narrowed{0, 6}},
      {"w..w..f", 4, Narrowed{3, 6}},
      {"w..f..f", 1, Narrowed{0, 3}},
      {"w..wf.f", {}, Narrowed{3, 4}},
      {"s......", 1, {}},
      {"sw....s", 5, {}},
      {"sw...fs", 3, Narrowed{1, 5}},
      {"sw.s.fs", 2, Narrowed{1, 5}},
      {"swsssfs", {}, Narrowed{1, 5}},
      {"sssssss", {}, {}},
      // It came, went and came again: the newest change is narrowed.
      {"f.w.f.w", 5, Narrowed{4, 6}},
      {"w.f...w", 4, Narrowed{2, 6}},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(next_trial(trials(each.tried)), each.next) << each.tried;
    EXPECT_EQ(narrowed(trials(each.tried)), each.change) << each.tried;
  }
}

TEST(Search, EndsForEveryPlaceOfTheChange) {
  constexpr std::size_t kVersions = 60;
  const auto is_skipped = [](std::size_t version) { return version % 7 == 3; };
  for (std::size_t change = 1; change < kVersions - 1; ++change) {
    std::vector<Trial> tried(kVersions, Trial::untried);
    std::size_t count = 0;
    while (const auto next = next_trial(tried)) {
      tried[*next] = is_skipped(*next) ? Trial::skipped : *next < change ? Trial::works : Trial::fails;
      ASSERT_LE(++count, kVersions);
    }
    EXPECT_LE(count, 11U) << change;  // both ends, six halves, and what is skipped on the way
    const auto found = narrowed(tried);
    ASSERT_TRUE(found) << change;
    EXPECT_LT(found->before, change);
    EXPECT_LE(change, found->after);
    EXPECT_LE(found->after - found->before, 2U);
  }
}

}  // namespace
}  // namespace launch::probe
