#include "base/colour.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace launch {
namespace {

TEST(Colour, ColoursAreKeptAndSwitchedOff) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m plain", Colours::kept), "\x1b[31mred\x1b[0m plain");
  EXPECT_EQ(printable("\x1b[1;38;5;9mred", Colours::kept), "\x1b[1;38;5;9mred\x1b[0m");
  EXPECT_EQ(printable("\x1b[38:2::255:0:0mred\x1b[m", Colours::kept), "\x1b[38:2::255:0:0mred\x1b[m");
  EXPECT_EQ(printable("\x1b[0mplain\x1b[0;1mbold", Colours::kept), "\x1b[0mplain\x1b[0;1mbold\x1b[0m");
  EXPECT_EQ(printable("caf\u00e9", Colours::kept), "caf\u00e9");
}

TEST(Colour, OrDropped) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m plain", Colours::dropped), "red plain");
  EXPECT_EQ(printable("\x1b[1;38;5;9mred", Colours::dropped), "red");
}

TEST(Colour, GccErasesTheRestOfTheLineAfterEachColour) {
  EXPECT_EQ(printable("\x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kx", Colours::kept), "\x1b[01;31merror: \x1b[mx");
  EXPECT_EQ(printable("\x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kx", Colours::dropped), "error: x");
}

TEST(Colour, AllElseIsMadePrintable) {
  for (const std::string text : {
           "\x1b[2J",     // erases the screen
           "\x1b[A",      // moves the cursor
           "\x1b[?25l",   // hides it
           "\x1b[>4;2m",  // XTMODKEYS: what keys send
           "\x1b[?4m",    // asks what they send
           "\x1b[ m",        "\x1b[31 m",
           "\x1b[31!m",       // with intermediate bytes
           "\x1b]0;title\a",  // OSC
           "\x1bPq\x1b\\",    // DCS
           "\x1b(0",          // the character set
           "\033c",           // resets the terminal
           "\x1b",           "\x1b[",     "\x1b[31",
           "\x1b\x1b[",  // cut off
           "\x1b[3\x1b",     "\23331m",
           "\u009b31m",  // C1
           "\u202e",         "\r",        "\b",      "\x0e", "\xff",
       }) {
    for (const auto colours : {Colours::kept, Colours::dropped})
      EXPECT_EQ(printable(text, colours), printable(text)) << printable(text);
  }
  const auto longest = "\x1b[" + std::string(61, '1') + "m";
  EXPECT_EQ(printable(longest, Colours::dropped), "");
  EXPECT_EQ(printable("\x1b[1" + longest.substr(2), Colours::kept), "\\x1b[" + std::string(62, '1') + "m");
}

TEST(Colour, FirstCharacters) {
  EXPECT_EQ(first_characters("abc", 5), "abc");
  EXPECT_EQ(first_characters("abc", 2), "ab");
  EXPECT_EQ(first_characters("abc", 0), "");
  EXPECT_EQ(first_characters("a\tc", 2), "a ");
  EXPECT_EQ(first_characters(" 57%|\u2588\u258b ", 6), " 57%|\u2588");
  EXPECT_EQ(first_characters("\x1b[31mred\x1b[0m plain", 4), "\x1b[31mred\x1b[0m ");
  EXPECT_EQ(first_characters("\x1b[31mred\x1b[0m", 2), "\x1b[31mre\x1b[0m");
  EXPECT_EQ(first_characters("\x1b[31mred\x1b[0m", 3), "\x1b[31mred\x1b[0m");
}

TEST(Colour, IsAllThatATextLoses) {
  EXPECT_EQ(without_colours("\x1b[1;31mred\x1b[0m\x1b[K \x1b]0;title\a\x1b[2Jend\x1b"),
            "red \x1b]0;title\a\x1b[2Jend\x1b");
}

}  // namespace
}  // namespace launch
