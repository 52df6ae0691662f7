#include "specs/url.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/urls.hpp"

namespace launch::specs {
namespace {

using fakes::url;

TEST(UrlTest, IsTakenApart) {
  const auto one = url("HTTPS://a%40b:p%3aw@Pypi.Example:8443/Simple/x?q=1#sha256=ab");
  EXPECT_EQ(one.scheme(), "https");
  EXPECT_EQ(one.user(), "a@b");
  EXPECT_EQ(one.password(), "p:w");
  EXPECT_EQ(one.origin(), "https://pypi.example:8443");
  EXPECT_EQ(one.host(), "pypi.example");
  EXPECT_EQ(one.port(), 8443);
  EXPECT_EQ(one.path(), "/Simple/x");
  EXPECT_EQ(one.query(), "q=1");
  EXPECT_EQ(one.without_credentials(), "https://pypi.example:8443/Simple/x?q=1");
  EXPECT_EQ(one.with_secrets(), "https://a%40b:p%3aw@pypi.example:8443/Simple/x?q=1");
}

TEST(UrlTest, PortsAreThoseOfTheScheme) {
  EXPECT_EQ(url("https://h/").port(), 443);
  EXPECT_EQ(url("http://[::1]/").port(), 80);
  EXPECT_EQ(url("http://[::1]:90/").port(), 90);
  EXPECT_EQ(url("http://[::1]:90/").host(), "[::1]");
  EXPECT_EQ(url("file:///a").port(), std::nullopt);
}

TEST(UrlTest, AnAtSignInThePasswordDoesNotMoveTheHost) {
  EXPECT_EQ(url("http://u:p@ss@pypi.example/").password(), "p@ss");
  EXPECT_EQ(url("http://u:p@ss@pypi.example/").authority(), "pypi.example");
  EXPECT_FALSE(url("http://pypi.example/a@b").has_credentials());
}

TEST(UrlTest, OtherTextsAreNone) {
  for (const auto* const text :
       {"", "pypi.example/x", "/simple", "http://", "http:///x", "http://u@/x", "http:x", "http://:80/x",
        "http://u:p@:/x", "http://pypi.example/a b", "http://pypi.example/\r\nX: y", "1a://x"}) {
    EXPECT_FALSE(Url::parse(text)) << text;
  }
}

TEST(UrlTest, ShowsNeitherUserNorPassword) {
  EXPECT_EQ(fmt::format("{}", url("https://user:secret@pypi.example/simple/")),
            "https://pypi.example/simple/");
  EXPECT_EQ(url("https://token@pypi.example").text(), "https://pypi.example");
  EXPECT_EQ(url("http://u:p@ss@pypi.example/a@b").text(), "http://pypi.example/a@b");
}

TEST(UrlTest, ShowsNoSignatures) {
  EXPECT_EQ(
      url("https://pypi.example/f?X-Amz-Signature=abc&X-Amz-Date=2026&X-Amz-Credential=me&sig=1").text(),
      "https://pypi.example/f?X-Amz-Signature=***&X-Amz-Date=2026&X-Amz-Credential=***&sig=***");
  EXPECT_EQ(url("https://pypi.example/f?Key-Pair-Id=K&Policy=P&access%5Ftoken=t").text(),
            "https://pypi.example/f?Key-Pair-Id=K&Policy=***&access%5Ftoken=***");
  EXPECT_EQ(url("https://pypi.example/simple/torch/?page=2").text(),
            "https://pypi.example/simple/torch/?page=2");
}

TEST(UrlTest, WhatIsNoUrlIsShownAsOne) {
  EXPECT_EQ(redacted_url("https://user:secret@pypi.example/a b?sig=1#frag"),
            "https://pypi.example/a b?sig=***#frag");
  EXPECT_EQ(redacted_url("not a url\x1b[31m"), "not a url\\x1b[31m");
  // "\x9apikey=" has the name of a secret once it is shown.
  const auto once = redacted_url(
      "https://pypi.example/f?sign\x9a"
      "pikey=1");
  EXPECT_EQ(once, "https://pypi.example/f?sign\\x9apikey=***");
  EXPECT_EQ(redacted_url(once), once);
}

struct Link {
  const char* link;
  const char* result;
};

// The examples of RFC 3986, 5.4, fragments left out.
TEST(UrlTest, ResolvesTheExamplesOfTheRfc) {
  const Link links[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {";x", "http://a/b/c/;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"https://x/a/../b?c", "https://x/b?c"},
  };
  for (const auto& [link, result] : links) EXPECT_EQ(url("http://a/b/c/d;p?q").resolve(link), result) << link;
  EXPECT_EQ(url("http://a/b").resolve("a b"), std::nullopt);
  EXPECT_EQ(url("http://a/b").resolve("https:///x"), std::nullopt);
}

TEST(UrlTest, FileNameIsTheLastPartDecoded) {
  EXPECT_EQ(url("https://h/whl/torch-2.6.0%2Bcu126-py3-none-any.whl?sig=a/b#sha256=0").file_name(),
            "torch-2.6.0+cu126-py3-none-any.whl");
  EXPECT_EQ(url("https://h/a%2Fb.whl").file_name(), "a/b.whl");
  EXPECT_EQ(url("https://h/100%.whl").file_name(), "100%.whl");
  EXPECT_EQ(url("https://h").file_name(), "");
}

TEST(UrlTest, PathsGrowAndShrinkBeforeTheQuery) {
  EXPECT_EQ(url("https://h/a.whl?token=1").extend_path(".metadata"), "https://h/a.whl.metadata?token=1");
  EXPECT_EQ(url("https://h/whl/").child("a b+c"), "https://h/whl/a%20b%2Bc");
  EXPECT_EQ(url("https://h/whl").child("a"), "https://h/whl/a");
  EXPECT_EQ(url("https://h/whl/nightly/cu128").parent(), "https://h/whl/nightly");
  EXPECT_EQ(url("https://h//").without_end_slashes(), "https://h");
  EXPECT_EQ(url("https://h/t?a=1").with_parameter("b", "x/y z"), "https://h/t?a=1&b=x%2Fy%20z");
  EXPECT_EQ(url("https://h/t").with_parameter("b", "1"), "https://h/t?b=1");
}

TEST(UrlTest, CredentialsDoNotMoveToAnotherHost) {
  EXPECT_EQ(url("https://u:p@h:8/a?b").on_host("other"), "https://other/a?b");
}

TEST(UrlTest, FilesOfThisMachineSurviveEncoding) {
  EXPECT_EQ(Url::of_file("/a b/c+d%#e.whl"), "file:///a%20b/c%2Bd%25%23e.whl");
  EXPECT_EQ(Url::of_file("/a b/c+d%#e.whl").local_path(), "/a b/c+d%#e.whl");
  EXPECT_EQ(url("file://localhost/a").local_path(), "/a");
  EXPECT_EQ(url("file://elsewhere/a").local_path(), "");
  EXPECT_EQ(url("https://h/a").local_path(), "");
  EXPECT_EQ(url("file:a/b").local_path(), "");
  EXPECT_EQ(url("file:///etc/passwd%00.whl").local_path(), "");
}

}  // namespace
}  // namespace launch::specs
