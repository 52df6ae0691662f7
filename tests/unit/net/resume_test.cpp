#include <stop_token>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/files.hpp"
#include "unit/net/download_fixture.hpp"

namespace launch::net {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(DownloadTest, GoesOnWhereAnEarlierRunStopped) {
  std::stop_source stop;
  const fakes::Headers etag = {{"ETag", "\"1\""}};
  server.on("/f", [&, turn = 0](const fakes::SeenRequest&) mutable {
    if (++turn < 4) return fakes::Reply{.headers = etag, .body = body};
    stop.request_stop();
    return fakes::Reply{.headers = etag, .body = body, .drip_pause = seconds(30)};
  });
  const HttpOptions options{.parallel = 1, .segment = 20'000};
  const auto wanted = request("/f");
  const auto stopped =
      client(options)->download({&wanted, 1}, "fetching", reporter, stop.get_token()).front();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().text(),
            fmt::format("error: stopped before {} was complete\n"
                        "\n"
                        "hint: the partial file is kept; the next run resumes from it\n",
                        server.url("/f")));
  EXPECT_THAT(left(), testing::UnorderedElementsAre("file.whl.part", "file.whl.part.note"));

  server.serve("/f", {.headers = etag, .body = body});
  server.forget_requests();
  const auto result = get(*client(options), wanted);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), body);
  EXPECT_EQ(result->sha256, digest);
  EXPECT_LE(result->fetched, body.size() - 60'000);
  EXPECT_EQ(server.requests()[0].header("if-range"), "\"1\"");
  EXPECT_THAT(left(), ElementsAre("file.whl"));
}

class Resume : public DownloadTest {
 protected:
  /// A run that fails after some segments, with this server.
  void break_off(const fakes::Headers& headers, std::optional<Digest> sha256) {
    server.on("/f", [this, headers, turn = 0](const fakes::SeenRequest&) mutable {
      return ++turn < 4 ? fakes::Reply{.headers = headers, .body = body} : fakes::Reply{.status = 404};
    });
    auto wanted = request("/f");
    wanted.sha256 = sha256;
    ASSERT_FALSE(get(*client(options), wanted));
    server.forget_requests();
  }
  /// The next run, with a server that has the file; returns the bytes transferred.
  std::uint64_t go_on() {
    server.serve("/f", {.body = body});
    auto wanted = request("/f");
    wanted.sha256 = Digest::of(body);
    const auto result = get(*client(options), wanted);
    EXPECT_TRUE(result) << result.error().text();
    EXPECT_EQ(content(), body);
    return result ? result->fetched : 0;
  }
  const HttpOptions options{.parallel = 1, .segment = 20'000};
  const fakes::Headers etag = {{"ETag", "\"1\""}};
};

TEST_F(Resume, ADigestIsEnoughToGoOn) {
  break_off({}, digest);
  EXPECT_EQ(go_on(), body.size() - 60'000);
}

TEST_F(Resume, WithoutDigestAndValidatorNothingIsKept) {
  break_off({}, {});
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(Resume, AWeakValidatorDoesNotCount) {
  break_off({{"ETag", "W/\"1\""}}, {});
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(Resume, BeginsAgainWhenTheFileChanged) {
  break_off(etag, {});
  const auto newer = noise(310'000);
  server.serve("/f", {.headers = {{"ETag", "\"2\""}}, .body = newer});
  const auto result = get(*client(options), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), newer);
}

TEST_F(Resume, BeginsAgainForAnotherUrlOrDigest) {
  break_off(etag, {});
  server.serve("/other", {.headers = etag, .body = body});
  const auto result = get(*client(options), request("/other"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->fetched, body.size());
}

TEST_F(Resume, BeginsAgainWhenTheKeptBytesWereWrong) {
  break_off({}, digest);
  const auto part = scratch / "store" / "file.whl.part";
  auto damaged = *read_file(part);
  damaged[1000] ^= 1;
  ASSERT_TRUE(write_file(part, damaged));
  EXPECT_GT(go_on(), body.size() - 60'000);
}

TEST_F(Resume, ADamagedNoteMeansToBeginAgain) {
  for (const auto* const note :
       {"", "garbage", "{}",
        R"({"url":"","sha256":"","validator":"","size":-1,"pieces":[[0,99999999999]],"boot":""})"}) {
    break_off({}, digest);
    ASSERT_TRUE(write_file(scratch / "store" / "file.whl.part.note", note));
    server.serve("/f", {.body = body});
    auto wanted = request("/f");
    wanted.sha256 = Digest::of(body);
    const auto result = get(*client(options), wanted);
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(result->fetched, body.size());
    std::filesystem::remove(scratch / "store" / "file.whl");
  }
}

TEST_F(Resume, PartsOfATruncatedPartFileAreNotBelieved) {
  break_off(etag, {});
  std::filesystem::resize_file(scratch / "store" / "file.whl.part", 50'000);
  server.serve("/f", {.headers = etag, .body = body});
  const auto result = get(*client(options), request("/f"));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(content(), body);
  EXPECT_EQ(result->fetched, body.size());
}

}  // namespace
}  // namespace launch::net
