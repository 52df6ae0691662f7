#include "base/tsv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch {
namespace {

using testing::ElementsAre;

TEST(Table, SaysWhereItIsWrong) {
  const auto error_of = [](std::string_view text) {
    return read_table(text, "t.tsv", {"a", "source"}).error().text();
  };
  EXPECT_EQ(error_of("# note\na\tb\n"), "error: t.tsv:2: expected the columns a, source, found a, b\n");
  EXPECT_EQ(error_of("a\tsource\n\n1\n"), "error: t.tsv:3: expected 2 values that are not empty, found 1\n");
  EXPECT_EQ(error_of("a\tsource\n1\t\n"),
            "error: t.tsv:2: expected 2 values that are not empty, found 1, \n");
  EXPECT_THAT(read_table("a\tsource\n1\tx\n", "t.tsv", {"a", "source"}).value(),
              ElementsAre(ElementsAre("1", "x")));
}

}  // namespace
}  // namespace launch
