#include "specs/ignore_patterns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::specs {
namespace {

IgnorePatterns file(std::string_view text) {
  auto patterns = IgnorePatterns::parse_file(text, ".dockerignore");
  return patterns ? *std::move(patterns) : IgnorePatterns();
}

std::string error_of(std::string_view text) {
  const auto patterns = IgnorePatterns::parse_file(text, ".dockerignore");
  return patterns ? "accepted" : patterns.error().message();
}

TEST(IgnorePatterns, MatchPaths) {
  struct Case {
    const char* pattern;
    const char* path;
    bool excluded;
  };
  for (const auto& [pattern, path, excluded] : std::initializer_list<Case>{
           {"data", "data", true},
           {"data", "src/data", false},
           {"data", "data.txt", false},
           {"data", "data/deep/er", true},
           {"/data", "data", true},
           {"//data//", "data/a", true},
           {"./src/../data/.", "data", true},
           {".", "data", false},
           {"/", "data", false},
           {"*", "data", true},
           {"*.py", "a.py", true},
           {"*.py", "src/a.py", false},
           {"*/*.py", "src/a.py", true},
           {"?.py", "a.py", true},
           {"?.py", "é.py", true},
           {"?.py", "ab.py", false},
           {"a?b", "a/b", false},
           {"a*b", "a/b", false},
           {"**", "src/a.py", true},
           {"**/a.py", "a.py", true},
           {"**/a.py", "src/deep/a.py", true},
           {"**/a.py", "src/ba.py", false},
           {"**a.py", "src/ba.py", true},
           {"**a?py", "src/ba.py", false},
           {"src/**/a.py", "src/a.py", true},
           {"src/**/a.py", "src/b/c/a.py", true},
           {"src/**/a.py", "lib/src/a.py", false},
           {"src/**", "src/a.py", true},
           {"src/**", "src", false},
           {"src/**", "srcs/a.py", false},
           {"[a-c].py", "b.py", true},
           {"[a-c].py", "d.py", false},
           {"[^a-c].py", "d.py", true},
           {"[^a-c].py", "b.py", false},
           {"[!a].py", "!.py", true},
           {"[\\]x].py", "].py", true},
           {"\\*.py", "*.py", true},
           {"\\*.py", "a.py", false},
           {"a]b", "a]b", true},
           {"a+b.(c)$", "a+b.(c)$", true},
           {"*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
       }) {
    EXPECT_EQ(file(pattern).of(path).excluded, excluded) << pattern << " " << path;
  }
}

TEST(IgnorePatterns, OfWhichTheLastDecides) {
  const auto patterns = file("*\n!src\nsrc/*.txt\n!src/keep.txt\n");
  EXPECT_TRUE(patterns.of("data").excluded);
  EXPECT_FALSE(patterns.of("src").excluded);
  EXPECT_FALSE(patterns.of("src/a.py").excluded);
  EXPECT_TRUE(patterns.of("src/a.txt").excluded);
  EXPECT_FALSE(patterns.of("src/keep.txt").excluded);
  EXPECT_FALSE(file("data\n!data/a\n").of("data/a").excluded);
  EXPECT_TRUE(file("!data/a\ndata\n").of("data/a").excluded);
}

TEST(IgnorePatterns, HaveCommentsAndBlankLines) {
  const auto patterns = file("\xEF\xBB\xBF#data\n\n  \t\n  a  \r\n! b\n #c\n");
  EXPECT_FALSE(patterns.of("#data").excluded);
  EXPECT_TRUE(patterns.of("a").excluded);
  EXPECT_TRUE(file("\xEF\xBB\xBF"
                   "a\n")
                  .of("a")
                  .excluded)
      << "a byte order mark is part of no pattern";
  EXPECT_TRUE(patterns.of("#c").excluded) << "only a line that starts with \"#\" is a comment";
}

TEST(IgnorePatterns, SayWhereSomethingMayBeIncludedAgain) {
  EXPECT_FALSE(file("data\n").may_include_below("data"));
  EXPECT_FALSE(file("*\n!src/a\n").may_include_below("data"));
  EXPECT_TRUE(file("*\n!data/a\n").may_include_below("data"));
  EXPECT_TRUE(file("*\n!*/a\n").may_include_below("data"));
  EXPECT_FALSE(file("*\n!data/a\n").may_include_below("data/a"));
  EXPECT_TRUE(file("*\n!**/a\n").may_include_below("data/b/c"));
}

TEST(IgnorePatterns, WithoutAFolderMatchAtAnyDepth) {
  const std::vector<std::string> texts = {"tests/", "*_pb2.py", "/only", "a/b", "!keep_pb2.py"};
  const auto patterns = IgnorePatterns::parse_at_any_depth(texts).value();
  for (const auto* path : {"tests", "src/tests", "src/tests/a.py", "x_pb2.py", "a/x_pb2.py", "only", "a/b"})
    EXPECT_TRUE(patterns.of(path).excluded) << path;
  for (const auto* path : {"src/only", "src/a/b", "src/keep_pb2.py", "src/latests"})
    EXPECT_FALSE(patterns.of(path).excluded) << path;
  const std::vector<std::string> bad = {"a", "b["};
  EXPECT_EQ(IgnorePatterns::parse_at_any_depth(bad).error().message(),
            "\"b[\" is not a pattern: a \"[\" without its \"]\"");
}

TEST(IgnorePatterns, ThatAreNone) {
  EXPECT_EQ(error_of("a\n!\n"), ".dockerignore:2: \"!\" is not a pattern: \"!\" without a pattern");
  EXPECT_EQ(error_of("a[b"), ".dockerignore:1: \"a[b\" is not a pattern: a \"[\" without its \"]\"");
  EXPECT_EQ(error_of("[]"), ".dockerignore:1: \"[]\" is not a pattern: a \"[\" without its \"]\"");
  EXPECT_EQ(error_of("[a-]"), ".dockerignore:1: \"[a-]\" is not a pattern: a \"[\" without its \"]\"");
  EXPECT_EQ(error_of("[z-a]"),
            ".dockerignore:1: \"[z-a]\" is not a pattern: a range in \"[…]\" that ends before it begins");
  EXPECT_EQ(error_of("a\\"), ".dockerignore:1: \"a\\\" is not a pattern: a \"\\\" at its end");
}

}  // namespace
}  // namespace launch::specs
