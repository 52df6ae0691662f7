#include "specs/url.hpp"

#include <gtest/gtest.h>

namespace launch::specs {
namespace {

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
  };
  for (const auto& [link, result] : links) EXPECT_EQ(resolve_url("http://a/b/c/d;p?q", link), result) << link;
}

TEST(UrlTest, FileNameIsTheLastPartDecoded) {
  EXPECT_EQ(url_file_name("https://h/whl/torch-2.6.0%2Bcu126-py3-none-any.whl?sig=a/b#sha256=0"),
            "torch-2.6.0+cu126-py3-none-any.whl");
  EXPECT_EQ(url_file_name("https://h/a%2Fb.whl"), "a/b.whl");
  EXPECT_EQ(url_file_name("https://h/100%.whl"), "100%.whl");
}

TEST(UrlTest, CredentialsStayWithTheirHost) {
  const std::string owner = "https://user:secret@pypi.example/simple";
  EXPECT_EQ(with_credentials_of("https://pypi.example/f.whl", owner),
            "https://user:secret@pypi.example/f.whl");
  EXPECT_EQ(with_credentials_of("https://files.example/f.whl", owner), "https://files.example/f.whl");
  EXPECT_EQ(with_credentials_of("http://pypi.example/f.whl", owner), "http://pypi.example/f.whl");
  EXPECT_EQ(without_credentials(owner), "https://pypi.example/simple");
}

TEST(UrlTest, SuffixGoesBeforeTheQuery) {
  EXPECT_EQ(extend_path("https://h/a.whl?token=1", ".metadata"), "https://h/a.whl.metadata?token=1");
}

TEST(UrlTest, PathsSurviveEncoding) {
  EXPECT_EQ(percent_encode_path("/a b/c+d#e.whl"), "/a%20b/c%2Bd%23e.whl");
  EXPECT_EQ(percent_decode(percent_encode_path("/a b/c+d%#e.whl")), "/a b/c+d%#e.whl");
}

}  // namespace
}  // namespace launch::specs
