#include <atomic>
#include <latch>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "fakes/files.hpp"
#include "fakes/raw_server.hpp"
#include "fakes/urls.hpp"
#include "unit/net/download_fixture.hpp"

namespace launch::net {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(DownloadTest, BringsAFileInSegments) {
  // The second request is answered once the third has arrived, so that both run at the same time.
  std::latch both(2);
  std::atomic<int> seen = 0;
  server.on("/f", [&](const fakes::SeenRequest&) {
    const int number = ++seen;
    if (number == 2 || number == 3) both.arrive_and_wait();
    return fakes::Reply{.headers = {{"ETag", "\"1\""}}, .body = body};
  });
  auto wanted = request("/f");
  wanted.size = body.size();
  wanted.sha256 = Digest::of(body);
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
  EXPECT_EQ(result->sha256, Digest::of(""));
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

TEST_F(DownloadTest, APartIsDoneWhenItsBytesHaveCome) {
  const fakes::RawServer longer(
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 17\r\n\r\n0123456789");
  auto asked = request("/f");
  asked.url = fakes::url(longer.url("/f"));
  const auto result = get(*client(), asked);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), "0123456789");
  EXPECT_EQ(longer.connections(), 1);
}

TEST_F(DownloadTest, BeginsAgainWhenAServerWithoutRangesBreaksOff) {
  server.script("/f",
                {{.body = body, .ranges = false, .cut_after = 200'000}, {.body = body, .ranges = false}});
  const auto result = get(*client(), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), body);
  EXPECT_EQ(result->fetched, 500'000);
  EXPECT_EQ(server.requests()[1].header("range"), std::nullopt);
}

TEST_F(DownloadTest, TriesABusySegmentAgain) {
  server.script("/f", {{.body = body}, {.status = 503, .headers = {{"Retry-After", "3"}}}, {.body = body}});
  const auto result = get(*client({.parallel = 1, .segment = 100'000}), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), body);
  EXPECT_THAT(clock.sleeps(), ElementsAre(seconds(3)));
}

TEST_F(DownloadTest, SurvivesAServerThatForgetsHowToDoRanges) {
  server.script("/f", {{.body = body}, {.body = body, .ranges = false}});
  const auto result = get(*client({.parallel = 1, .segment = 100'000}), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), body);
}

TEST_F(DownloadTest, AFileThatChangesMeanwhileIsFetchedAsOne) {
  const auto newer = noise(300'001);
  server.script("/f", {{.headers = {{"ETag", "\"1\""}}, .body = body},
                       {.headers = {{"ETag", "\"2\""}}, .body = newer}});
  const auto result = get(*client({.parallel = 1, .segment = 100'000}), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), newer);
  EXPECT_EQ(result->sha256, Digest::of(newer));
}

TEST_F(DownloadTest, GivesUpOnAFileThatNeverStaysTheSame) {
  server.on("/f", [turn = 0](const fakes::SeenRequest&) mutable {
    // A part other than requested, and a part where the whole file was requested.
    return fakes::Reply{.status = 206,
                        .headers = {{"Content-Range", fmt::format("bytes 7-9/{}", 10 + turn++)}},
                        .body = "abc"};
  });
  const auto result = get(*client(), request("/f"));
  ASSERT_FALSE(result);
  EXPECT_EQ(
      result.error().text(),
      fmt::format(
          "error: cannot download {}: the server answers range requests with the wrong bytes, 4 times in "
          "a row\n",
          server.url("/f")));
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(DownloadTest, WrongDigest) {
  server.serve("/f", {.body = body});
  auto wanted = request("/f");
  wanted.sha256 = Digest::of("a");
  const auto result = get(*client(small_segments), wanted);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(),
            fmt::format("error: wrong digest of file.whl from {}: expected sha256 {}, got {}\n"
                        "\n"
                        "hint: the server's file is not the expected one; nothing was kept\n",
                        server.url("/f"), Digest::of("a").hex(), digest.hex()));
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(DownloadTest, WrongLength) {
  server.serve("/f", {.body = body});
  server.serve("/whole", {.body = body, .ranges = false});
  auto wanted = request("/f");
  wanted.size = 299'999;
  for (const auto* const path : {"/f", "/whole"}) {
    wanted.url = fakes::url(server.url(path));
    const auto result = get(*client(), wanted);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().text(),
              fmt::format("error: {} has 300000 bytes, expected 299999\n", server.url(path)));
    EXPECT_THAT(left(), IsEmpty());
  }
}

TEST_F(DownloadTest, StatusesAreErrorsAndTriedAgainOnlyWhereThatHelps) {
  server.serve("/gone", {.status = 404});
  server.serve("/locked", {.status = 401});
  server.serve("/broken", {.status = 500});
  const auto net = client({.retries = 2});
  const auto gone = get(*net, request("/gone"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().text(),
            fmt::format("error: cannot download {}: the server answered 404\n", server.url("/gone")));
  const auto locked = get(*net, request("/locked"));
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().text(), fmt::format("error: cannot download {}: the server answered 401\n"
                                               "\n"
                                               "hint: add the user and password of that host to ~/.netrc\n",
                                               server.url("/locked")));
  const auto broken = get(*net, request("/broken"));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().text(),
            fmt::format("error: cannot download {}: the server answered 500\n", server.url("/broken")));
  EXPECT_THAT(server.requests("/gone"), SizeIs(1));
  EXPECT_THAT(server.requests("/locked"), SizeIs(1));
  EXPECT_THAT(server.requests("/broken"), SizeIs(3));
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(DownloadTest, ACutThatStaysIsAnErrorAndWhatCameIsKept) {
  // Every answer stops a few bytes after it began.
  server.serve("/f", {.headers = {{"ETag", "\"1\""}}, .body = body, .cut_after = 1000});
  const auto result = get(*client({.retries = 2}), request("/f"));
  ASSERT_FALSE(result);
  EXPECT_EQ(
      result.error().text(),
      fmt::format("error: cannot download {}: the connection was closed before the end\n", server.url("/f")));
  EXPECT_THAT(left(), SizeIs(2));
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(DownloadTest, AFailureLeavesTheOldFileAlone) {
  ASSERT_TRUE(write_file(scratch / "store" / "file.whl", "old"));
  server.serve("/f", {.body = body});
  auto wanted = request("/f");
  wanted.sha256 = Digest::of("a");
  EXPECT_FALSE(get(*client(), wanted));
  EXPECT_EQ(content(), "old");
  wanted.sha256 = Digest::of(body);
  EXPECT_TRUE(get(*client(), wanted));
  EXPECT_EQ(content(), body);
}

TEST_F(DownloadTest, AFileThatIsThereAlreadyIsNotFetched) {
  ASSERT_TRUE(write_file(scratch / "store" / "file.whl", body));
  auto wanted = request("/f");
  wanted.sha256 = Digest::of(body);
  const auto result = get(*client(), wanted);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->size, body.size());
  EXPECT_EQ(result->fetched, 0);
  EXPECT_THAT(server.requests(), IsEmpty());
  EXPECT_THAT(left(), ElementsAre("file.whl"));
}

/// A file system of a megabyte.
class TinyDisk : public DownloadTest {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(scratch / "store");
    if (::mount("launch-test", (scratch / "store").c_str(), "tmpfs", 0, "size=1m") != 0) {
      GTEST_SKIP() << "mounting a tmpfs needs root";
    }
  }
  void TearDown() override { ::umount2((scratch / "store").c_str(), MNT_DETACH); }
};

TEST_F(TinyDisk, AFullDiskIsAnErrorAndNothingIsLeft) {
  const auto large = noise(1'500'000);
  server.serve("/parts", {.headers = {{"ETag", "\"1\""}}, .body = large});
  server.serve("/whole", {.body = large, .ranges = false});
  ASSERT_TRUE(write_file(scratch / "store" / "old", "old"));
  for (const auto* const path : {"/parts", "/whole"}) {
    const auto result = get(*client({.segment = 100'000}), request(path));
    ASSERT_FALSE(result);
    const auto store = (scratch / "store").string();
    EXPECT_EQ(
        result.error().text(),
        fmt::format(
            "error: cannot write {0}/file.whl.part: No space left on device\n"
            "\n"
            "hint: free some space on the disk of {0}, or choose another folder, and run the command again\n",
            store));
    EXPECT_THAT(left(), ElementsAre("old"));
  }
}

}  // namespace
}  // namespace launch::net
