#include "net/url.hpp"

#include <gtest/gtest.h>

#include "net/http.hpp"

namespace launch::net {
namespace {

TEST(Url, IsSplit) {
  const auto url = split_url("HTTPS://a%40b:p%3aw@Pypi.Example:8443/simple/x?q=1#sha256=ab");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->user, "a@b");
  EXPECT_EQ(url->password, "p:w");
  EXPECT_EQ(url->origin(), "https://pypi.example:8443");
  EXPECT_EQ(url->rest, "/simple/x?q=1");
  EXPECT_EQ(url->text(), "https://pypi.example:8443/simple/x?q=1");
}

TEST(Url, AnAtSignInThePasswordDoesNotMoveTheHost) {
  const auto url = split_url("http://u:p@ss@pypi.example/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->password, "p@ss");
  EXPECT_EQ(url->authority, "pypi.example");
}

TEST(Url, OtherThingsAreNone) {
  for (const auto* const text :
       {"", "pypi.example/x", "file:///etc/passwd", "ftp://pypi.example/", "http://", "http:///x",
        "http://u@/x", "http://pypi.example/a b", "http://pypi.example/\r\nX: y"}) {
    EXPECT_FALSE(split_url(text)) << text;
  }
}

TEST(Redact, TakesUserAndPasswordOut) {
  EXPECT_EQ(redact("https://user:secret@pypi.example/simple/"), "https://pypi.example/simple/");
  EXPECT_EQ(redact("https://token@pypi.example"), "https://pypi.example");
  EXPECT_EQ(redact("http://u:p@ss@pypi.example/a@b"), "http://pypi.example/a@b");
}

TEST(Redact, TakesSignaturesOut) {
  EXPECT_EQ(
      redact("https://pypi.example/f?X-Amz-Signature=abc&X-Amz-Date=2026&X-Amz-Credential=me&sig=1#frag"),
      "https://pypi.example/f?X-Amz-Signature=***&X-Amz-Date=2026&X-Amz-Credential=***&sig=***#frag");
  EXPECT_EQ(redact("https://pypi.example/f?Key-Pair-Id=K&Policy=P&access%5Ftoken=t"),
            "https://pypi.example/f?Key-Pair-Id=K&Policy=***&access%5Ftoken=***");
}

TEST(Redact, LeavesTheRestAndMakesItPrintable) {
  EXPECT_EQ(redact("https://pypi.example/simple/torch/?page=2#torch"),
            "https://pypi.example/simple/torch/?page=2#torch");
  EXPECT_EQ(redact("not a url\x1b[31m"), "not a url\\x1b[31m");
}

}  // namespace
}  // namespace launch::net
