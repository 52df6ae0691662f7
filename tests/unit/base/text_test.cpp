#include "base/text.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.hpp"

namespace launch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Words = std::vector<std::string>;

TEST(Text, Trim) {
  EXPECT_EQ(trim(" \t\r\n\f\va b \n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, Split) {
  EXPECT_THAT(split("a,b,,c", ','), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split(",", ','), ElementsAre("", ""));
}

TEST(Text, Lines) {
  EXPECT_THAT(lines("a\nb\r\n\nc"), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(lines("a\n"), ElementsAre("a"));
  EXPECT_THAT(lines("\n"), ElementsAre(""));
  EXPECT_THAT(lines(""), IsEmpty());
}

TEST(Text, Join) {
  EXPECT_EQ(join(Words{"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join(Words{}, ", "), "");
  EXPECT_EQ(join_words(Words{}), "");
  EXPECT_EQ(join_words(Words{"a"}), "a");
  EXPECT_EQ(join_words(Words{"a", "b"}), "a and b");
  EXPECT_EQ(join_words(Words{"a", "b", "c"}, "or"), "a, b or c");
}

TEST(Text, ToLowerTouchesAsciiOnly) {
  EXPECT_EQ(to_lower("AbZ[É"), "abz[É");
}

TEST(Text, ReplaceAll) {
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(replace_all("abab", "ab", ""), "");
  EXPECT_EQ(replace_all("abc", "", "x"), "abc");
}

TEST(Text, ParseU64) {
  EXPECT_EQ(parse_u64("0"), 0U);
  EXPECT_EQ(parse_u64("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const auto* bad : {"18446744073709551616", "", "-1", "+1", " 1", "1 ", "1.0", "0x1"}) {
    EXPECT_EQ(parse_u64(bad), std::nullopt) << bad;
  }
}

TEST(Text, DidYouMean) {
  const Words keys = {"python", "platforms", "packages"};
  EXPECT_EQ(did_you_mean("platform", keys), "platforms");
  EXPECT_EQ(did_you_mean("pyhton", keys), "python");
  EXPECT_EQ(did_you_mean("PYTHON", keys), "python");
  EXPECT_EQ(did_you_mean("torhc", std::vector<std::string>{"torch"}), "torch");
  EXPECT_EQ(did_you_mean("colour", keys), std::nullopt);
  EXPECT_EQ(did_you_mean("", keys), std::nullopt);
  EXPECT_EQ(did_you_mean("x", {}), std::nullopt);
}

TEST(Text, HumanBytes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 kB");
  EXPECT_EQ(human_bytes(999'940), "999.9 kB");
  EXPECT_EQ(human_bytes(999'960), "1.0 MB");
  EXPECT_EQ(human_bytes(3'900'000'000), "3.9 GB");
  EXPECT_EQ(human_bytes(std::numeric_limits<std::uint64_t>::max()), "18446.7 PB");
}

TEST(Text, HumanSeconds) {
  EXPECT_EQ(human_seconds(0.04), "0.0 s");
  EXPECT_EQ(human_seconds(9.94), "9.9 s");
  EXPECT_EQ(human_seconds(9.96), "10 s");
  EXPECT_EQ(human_seconds(59.4), "59 s");
  EXPECT_EQ(human_seconds(59.6), "1 min 0 s");
  EXPECT_EQ(human_seconds(125), "2 min 5 s");
}

TEST(Text, CountOf) {
  EXPECT_EQ(count_of(0, "wheel"), "0 wheels");
  EXPECT_EQ(count_of(1, "wheel"), "1 wheel");
  EXPECT_EQ(count_of(28, "wheel"), "28 wheels");
}

TEST(Text, ShellQuote) {
  EXPECT_EQ(shell_quote("--gpus=all"), "--gpus=all");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("a b"), "'a b'");
  EXPECT_EQ(shell_quote("it's"), R"('it'\''s')");
  EXPECT_EQ(shell_quote("$(rm)"), "'$(rm)'");
  EXPECT_EQ(shell_line(Words{"echo", "a b", "c"}), "echo 'a b' c");
}

TEST(Text, AShellReadsBackWhatWasQuoted) {
  const Words words = {"a b", "'", "\"", "\\", "$HOME", "`x`", "a\nb",       "*",
                       "",    "~", "!x", "#y", "-n",    "é",   ";&|<>(){}[]"};
  Words argv = {"printf", "%s\\n"};
  argv.insert(argv.end(), words.begin(), words.end());
  const auto outcome = make_process_runner()->run({.argv = {"sh", "-c", shell_line(argv)}});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out, join(words, "\n") + "\n");
}

TEST(Text, PrintableShowsControlCharacters) {
  EXPECT_EQ(printable("a\tb\x1b[31m\r\n\x7f" + std::string(1, '\0') + "é"),
            "a\tb\\x1b[31m\\x0d\\x0a\\x7f\\x00é");
}

TEST(Text, PrintableShowsWhatIsNotUtf8AndWhatTurnsTheDirectionOfWriting) {
  EXPECT_EQ(printable("caf\xe9 \xe2\x82"), "caf\\xe9 \\xe2\\x82");
  // A control sequence introducer of Latin-1, a right-to-left override and isolate.
  EXPECT_EQ(printable("\xc2\x9b\x33\x31m \u202ecod.exe \u2066"),
            "\\xc2\\x9b31m \\xe2\\x80\\xaecod.exe \\xe2\\x81\\xa6");
  EXPECT_EQ(printable("\u00a0é€😀\u2026\u2192"), "\u00a0é€😀\u2026\u2192");
}

TEST(Text, PrintableMessageKeepsTheBreaksOfIndentedLinesOnly) {
  EXPECT_EQ(printable_message("one:\n  two\x1b[0m\n  three"), "one:\n  two\\x1b[0m\n  three");
  EXPECT_EQ(printable_message("no a\nhint: run b\n"), "no a\\x0ahint: run b\\x0a");
}

TEST(Text, IsUtf8) {
  for (const auto* good : {"", "abc", "é", "€", "😀", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  // A lone continuation, a cut one, an overlong one, a surrogate, beyond U+10FFFF, Latin-1.
  for (const auto* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "caf\xe9", "\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(bad)) << printable(bad);
  }
}

TEST(LastLines, AreThoseAtTheEndThatAreNotEmpty) {
  EXPECT_EQ(last_lines("a\n\n  \nb\nc\n", 2), "\n  b\n  c");
  EXPECT_EQ(last_lines("a\r\nb"), "\n  a\n  b");
  EXPECT_EQ(last_lines(" \n"), "");
}

TEST(LastLines, AreCutBetweenCharacters) {
  EXPECT_EQ(last_lines(std::string(300, 'x')), "\n  " + std::string(300, 'x'));
  EXPECT_EQ(last_lines(std::string(299, 'x') + "ää"), "\n  " + std::string(299, 'x') + "…");
}

}  // namespace
}  // namespace launch
