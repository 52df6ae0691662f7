#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "unit/net/web.hpp"

namespace launch::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class DownloadTest : public testing::Test, protected Web {
 protected:
  const std::string body = noise(300'000);
  const std::string digest = sha256_hex(body);
  const HttpOptions small_segments{.segment = 20'000};

  DownloadRequest request(const std::string& path) {
    return {.url = server.url(path), .destination = scratch / "store" / "file.whl", .size = {}, .sha256 = {}};
  }
  Result<DownloadResult> get(HttpClient& net, const DownloadRequest& request) {
    return net.download({&request, 1}).front();
  }
  std::string content() { return read_file(scratch / "store" / "file.whl").value_or("(no file)"); }
  std::vector<std::string> left() {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(scratch / "store", none)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
};

TEST_F(DownloadTest, BringsAFileInSegments) {
  server.serve("/f", {.headers = {{"ETag", "\"1\""}}, .body = body});
  auto wanted = request("/f");
  wanted.size = body.size();
  wanted.sha256 = digest;
  const auto result = get(*client(small_segments), wanted);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->size, body.size());
  EXPECT_EQ(result->sha256, digest);
  EXPECT_EQ(result->fetched, body.size());
  EXPECT_EQ(content(), body);
  EXPECT_THAT(left(), ElementsAre("file.whl"));
  EXPECT_THAT(server.requests(), SizeIs(15));
  EXPECT_GT(server.connections(), 1);
  EXPECT_EQ(server.requests().back().header("if-range"), "\"1\"");
  EXPECT_EQ(server.requests().back().header("accept-encoding"), "identity");
}

TEST_F(DownloadTest, LearnsTheDigestOfAFileThatNobodyKnows) {
  server.serve("/f", {.body = body});
  const auto result = get(*client(small_segments), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->sha256, digest);
}

TEST_F(DownloadTest, TakesTheWholeFileFromAServerWithoutRanges) {
  server.serve("/f", {.body = body, .ranges = false});
  const auto result = get(*client(small_segments), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), body);
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST_F(DownloadTest, BringsAnEmptyFile) {
  server.serve("/f", {.body = ""});
  const auto result = get(*client(), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->size, 0);
  EXPECT_EQ(result->sha256, sha256_hex(""));
  EXPECT_EQ(content(), "");
}

TEST_F(DownloadTest, TakesACutSegmentUpWhereItBroke) {
  server.on("/f", [this, turn = 0](const fakes::SeenRequest&) mutable {
    return fakes::Reply{.headers = {{"ETag", "\"1\""}},
                        .body = body,
                        .cut_after = turn++ == 0 ? std::optional<std::size_t>(150'000) : std::nullopt};
  });
  const auto result = get(*client(), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), body);
  EXPECT_EQ(result->fetched, body.size());
  ASSERT_THAT(server.requests(), SizeIs(2));
  EXPECT_EQ(server.requests()[1].header("range"), "bytes=150000-299999");
}

TEST_F(DownloadTest, WrongDigest) {
  server.serve("/f", {.body = body});
  auto wanted = request("/f");
  wanted.sha256 = std::string(64, 'a');
  const auto result = get(*client(small_segments), wanted);
  ASSERT_FALSE(result);
  EXPECT_EQ(
      result.error().text(),
      fmt::format("error: wrong digest of file.whl from {}: expected sha256 {}, got {}\n"
                  "\n"
                  "hint: the bytes behind this name are not those that were asked for; nothing was kept\n",
                  server.url("/f"), std::string(64, 'a'), digest));
  EXPECT_THAT(left(), IsEmpty());
}

}  // namespace
}  // namespace launch::net
