#include "cli/line_diff.hpp"

#include <gtest/gtest.h>

namespace launch::cli {
namespace {

struct Case {
  std::string name;
  std::string before;
  std::string after;
  std::string changes;  ///< below the two lines of names
};

class LineDiff : public ::testing::TestWithParam<Case> {};

TEST_P(LineDiff, ShowsWhatChanged) {
  EXPECT_EQ(line_diff(GetParam().before, GetParam().after, "old", "new"),
            "--- old\n+++ new\n" + GetParam().changes);
}

INSTANTIATE_TEST_SUITE_P(Texts, LineDiff,
                         ::testing::Values(Case{"Nothing", "a\nb\n", "a\nb\n", ""},  //
                                           Case{"ALineReplaced", "a\nb\nc\n", "a\nx\nc\n", " a\n-b\n+x\n"},
                                           Case{"TheFirstLine", "a\nb\n", "x\nb\n", "-a\n+x\n"},
                                           Case{"ALineAdded", "a\nb\n", "a\nx\nb\n", " a\n+x\n"},
                                           Case{"ALineRemoved", "a\nb\nc\n", "a\nc\n", " a\n-b\n"},
                                           Case{"TheEnd", "a\n", "a\nb\nc\n", " a\n+b\n+c\n"},
                                           Case{"TwoPlaces", "a\nb\nc\nd\n", "x\nb\nc\ny\n",
                                                "-a\n+x\n c\n-d\n+y\n"},
                                           Case{"FromNothing", "", "a\n", "+a\n"},  //
                                           Case{"ToNothing", "a\n", "", "-a\n"},
                                           Case{"OneOfSeveralEqualLines", "a\na\na\n", "a\na\n", " a\n-a\n"}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace launch::cli
