#include "base/error.hpp"

#include <gtest/gtest.h>

namespace launch {
namespace {

TEST(Error, PrintsItsSentenceAlone) {
  EXPECT_EQ(input_error("no such recipe").text(), "error: no such recipe\n");
}

TEST(Error, PrintsStepsFromTheInsideOutAndHintsBehindAnEmptyLine) {
  const auto error = environment_error("cannot read a.toml: Permission denied")
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
  EXPECT_EQ(input_error("a").during("b").text(), "error: a\n  while b\n");
  EXPECT_EQ(input_error("a").hint("b").text(), "error: a\n\nhint: b\n");
}

TEST(Error, PrintsNoControlOfTheTerminal) {
  const auto error = input_error("no a\x1b[2J\nhint: b").during("c\a").hint("d\x9b");
  EXPECT_EQ(error.text(),
            "error: no a\\x1b[2J\\x0ahint: b\n"
            "  while c\\x07\n"
            "\n"
            "hint: d\\x9b\n");
  EXPECT_EQ(error.message(), "no a\x1b[2J\nhint: b");
}

TEST(Error, AsKeepsWhatIsSaid) {
  const auto error = input_error("a").during("b").hint("c").as(ErrorKind::unusable);
  EXPECT_EQ(error.kind(), ErrorKind::unusable);
  EXPECT_EQ(error.text(), "error: a\n  while b\n\nhint: c\n");
}

}  // namespace
}  // namespace launch
