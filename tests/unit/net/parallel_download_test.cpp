#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/urls.hpp"
#include "unit/net/download_fixture.hpp"

namespace launch::net {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST_F(DownloadTest, ManyFilesShareTheConnectionsAndFailEachForItself) {
  std::vector<DownloadRequest> wanted;
  for (std::size_t i = 0; i < 12; ++i) {
    const auto path = fmt::format("/{}", i);
    if (i != 5) server.serve(path, {.body = body.substr(0, 1000 * (i + 1))});
    wanted.push_back({.url = fakes::url(server.url(path)),
                      .destination = scratch / "store" / std::to_string(i),
                      .size = {},
                      .sha256 = {}});
  }
  const auto results = client({.parallel = 3, .segment = 2000})->download(wanted, "fetching", reporter);
  ASSERT_THAT(results, SizeIs(12));
  for (std::size_t i = 0; i < 12; ++i) {
    if (i == 5) {
      EXPECT_FALSE(results[5]);
    } else {
      ASSERT_TRUE(results[i]) << results[i].error().text();
      EXPECT_EQ(results[i]->sha256, Digest::of(body.substr(0, 1000 * (i + 1))));
    }
  }
  EXPECT_TRUE(std::ranges::is_sorted(reporter.steps, {}, &fakes::FakeReporter::Step::done));
  EXPECT_EQ(reporter.steps.back().what, "fetching");
  EXPECT_EQ(reporter.steps.back().done, 72'000);
  EXPECT_EQ(reporter.steps.back().total, 0) << "the length of one file never became known";
  EXPECT_LE(server.connections(), 3);
  EXPECT_THAT(left(), SizeIs(11));
}

TEST_F(DownloadTest, TheSameFileTwiceInOneCallIsFetchedOnce) {
  server.serve("/f", {.body = body});
  server.serve("/mirror", {.body = body});
  auto a = request("/f");
  a.sha256 = Digest::of(body);
  auto b = request("/mirror");
  b.sha256 = Digest::of(body);
  auto c = request("/f");
  c.sha256 = Digest::of("a");
  const std::vector<DownloadRequest> wanted = {a, b, c};
  const auto results = client()->download(wanted, "fetching", reporter);
  EXPECT_TRUE(results[0]);
  EXPECT_TRUE(results[1]);
  ASSERT_FALSE(results[2]);
  EXPECT_EQ(results[2].error().text(),
            fmt::format("error: {0} and {0} would both be written to {1}, with different digests\n",
                        server.url("/f"), a.destination.string()));
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST_F(DownloadTest, TwoAtOnceDoNotDisturbEachOther) {
  server.serve("/f", {.headers = {{"ETag", "\"1\""}}, .body = body});
  auto wanted = request("/f");
  wanted.sha256 = Digest::of(body);
  const auto one = client(small_segments);
  const auto other = client(small_segments);
  std::vector<Result<DownloadResult>> results(2, fail(environment_error("none")));
  {
    const std::jthread a([&] { results[0] = get(*one, wanted); });
    const std::jthread b([&] { results[1] = get(*other, wanted); });
  }
  ASSERT_TRUE(results[0]) << results[0].error().text();
  ASSERT_TRUE(results[1]) << results[1].error().text();
  EXPECT_EQ(results[0]->fetched + results[1]->fetched, body.size());
  EXPECT_EQ(content(), body);
  EXPECT_THAT(left(), ElementsAre("file.whl"));
}

TEST_F(DownloadTest, ServesSeveralThreads) {
  std::vector<std::jthread> threads;
  threads.reserve(6);
  std::atomic<int> good = 0;
  const auto net = client({.parallel = 4, .segment = 50'000});
  server.serve("/f", {.body = body});
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      const DownloadRequest wanted{.url = fakes::url(server.url("/f")),
                                   .destination = scratch / "store" / std::to_string(i),
                                   .size = body.size(),
                                   .sha256 = Digest::of(body)};
      good += get(*net, wanted).has_value() && net->fetch({.url = fakes::url(server.url("/f"))})->body == body
                  ? 1
                  : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 6);
}

}  // namespace
}  // namespace launch::net
