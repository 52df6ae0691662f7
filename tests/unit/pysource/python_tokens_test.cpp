#include "pysource/python_tokens.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

using testing::ElementsAre;

std::vector<std::string> texts(std::string_view source) {
  const auto list = tokenize(source);
  std::vector<std::string> all;
  for (const auto& token : list.tokens) {
    switch (token.kind) {
      case TokenKind::newline:
        all.emplace_back("NEWLINE");
        break;
      case TokenKind::indent:
        all.emplace_back("INDENT");
        break;
      case TokenKind::dedent:
        all.emplace_back("DEDENT");
        break;
      case TokenKind::end:
        break;
      default:
        all.emplace_back(list.text(token));
    }
  }
  return all;
}

std::string problem(std::string_view source) {
  const auto list = tokenize(source);
  return list.problem ? std::to_string(list.problem->line) + ": " + list.problem->message : "";
}

TEST(PythonTokens, SplitsALine) {
  EXPECT_THAT(texts("a.b=x**=-1_0.5e-3j"),
              ElementsAre("a", ".", "b", "=", "x", "**=", "-", "1_0.5e-3j", "NEWLINE"));
}

TEST(PythonTokens, BlocksAndBlankLines) {
  EXPECT_THAT(texts("if a:\n\tb\n\n  # note\n        c\nd\n"),
              ElementsAre("if", "a", ":", "NEWLINE", "INDENT", "b", "NEWLINE", "c", "NEWLINE", "DEDENT", "d",
                          "NEWLINE"));
}

TEST(PythonTokens, BracketsAndBackslashesJoinLines) {
  EXPECT_THAT(texts("f(a,\n  b) + \\\r\n c\r\nd\re"),
              ElementsAre("f", "(", "a", ",", "b", ")", "+", "c", "NEWLINE", "d", "NEWLINE", "e", "NEWLINE"));
}

TEST(PythonTokens, ABackslashBeforeAStatementIsNoIndentation) {
  EXPECT_THAT(texts("if a:\n\\\n   b\n   c\n"),
              ElementsAre("if", "a", ":", "NEWLINE", "INDENT", "b", "NEWLINE", "c", "NEWLINE", "DEDENT"));
  EXPECT_THAT(texts("if a:\n  \\\n      b\n  c\n"),
              ElementsAre("if", "a", ":", "NEWLINE", "INDENT", "b", "NEWLINE", "c", "NEWLINE", "DEDENT"));
  EXPECT_EQ(problem("if a:\n    if b:\n\\\n  c\n"), "4: the indentation matches no enclosing block");
}

TEST(PythonTokens, StringsOfEveryKind) {
  EXPECT_THAT(texts(R"(Rb'\'' u"x" '''a
'b''' f"{x!r:>{w}}" rf'\{a}' bu"")"),
              ElementsAre(R"(Rb'\'')", "u\"x\"", "'''a\n'b'''", "f\"{x!r:>{w}}\"", R"(rf'\{a}')", "bu",
                          "\"\"", "NEWLINE"));
}

TEST(PythonTokens, FormattedStringsNest) {
  EXPECT_THAT(texts(R"py(f"{d["k"]} {{ {f'{"}"}'}" + t'{a # note
}')py"),
              ElementsAre(R"(f"{d["k"]} {{ {f'{"}"}'}")", "+", "t'{a # note\n}'", "NEWLINE"));
  EXPECT_THAT(texts("f'\\N{DASH}' f'{a:%H:%M}'"), ElementsAre("f'\\N{DASH}'", "f'{a:%H:%M}'", "NEWLINE"));
}

TEST(PythonTokens, PlacesCountBytesFromOne) {
  const auto list = tokenize("\xEF\xBB\xBFx\n  \xC3\xA9 = y");
  EXPECT_EQ(list.column(list.tokens[0]), 1U);
  const auto& y = list.tokens[5];
  EXPECT_EQ(list.text(y), "y");
  EXPECT_EQ(list.line(y), 2U);
  EXPECT_EQ(list.column(y), 8U);
}

TEST(PythonTokens, CommentsAreKeptApart) {
  const auto list = tokenize("a # one\n  # two\n");
  ASSERT_EQ(list.comments.size(), 2U);
  EXPECT_FALSE(list.comments[0].alone);
  EXPECT_TRUE(list.comments[1].alone);
  EXPECT_EQ(list.comments[1].line, 2U);
}

TEST(PythonTokens, FormFeedResetsIndentation) {
  EXPECT_THAT(texts("a\n  \fb\n"), ElementsAre("a", "NEWLINE", "b", "NEWLINE"));
}

TEST(PythonTokens, SaysWhatPythonRefuses) {
  EXPECT_EQ(problem("a\nb = 'x\nc"), "2: the string is not closed");
  EXPECT_EQ(problem("a\n'''x\n\n"), "2: the string is not closed");
  EXPECT_EQ(problem("f'{a'"), "1: the string is not closed");
  EXPECT_EQ(problem("if a:\n    b\n  c"), "3: the indentation matches no enclosing block");
  EXPECT_EQ(problem("a \\ b"), "1: unexpected character after a backslash");
  EXPECT_EQ(problem("a \\"), "1: the source ends with a backslash");
  EXPECT_EQ(problem(std::string_view("a\0b", 3)), "1: a NUL byte");
  EXPECT_EQ(problem(std::string(201, '(')), "1: more than 200 open brackets");
}

TEST(PythonTokens, KeepsWhatStandsBeforeAProblem) {
  EXPECT_THAT(texts("import a\nb = 'x\n"), ElementsAre("import", "a", "NEWLINE", "b", "=", "NEWLINE"));
}

}  // namespace
}  // namespace launch::pysource
