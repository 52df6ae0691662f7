#include <fstream>
#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/urls.hpp"
#include "unit/net/web.hpp"

namespace launch::net {
namespace {

using std::chrono::seconds;
using testing::SizeIs;

class Cache : public testing::Test, protected Web {
 protected:
  HttpOptions options() { return {.cache = scratch / "cache"}; }
  HttpRequest page(const std::string& path = "/page") {
    return {.url = fakes::url(server.url(path)), .cache = true};
  }
  std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> out;
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch / "cache", none)) {
      if (entry.is_regular_file()) out.push_back(entry.path());
    }
    return out;
  }
  /// Fetches twice, that much time apart; returns the number of requests to the server.
  std::size_t asked_twice_after(seconds between, fakes::Headers headers) {
    server.serve("/page", {.headers = std::move(headers), .body = "hello"});
    server.forget_requests();
    std::filesystem::remove_all(scratch / "cache");
    const auto net = client(options());
    EXPECT_TRUE(net->fetch(page()));
    clock.advance(between);
    EXPECT_EQ(net->fetch(page())->body, "hello");
    return server.requests().size();
  }
};

TEST_F(Cache, APageWithoutAnyLifetimeIsFreshForAWhile) {
  server.serve("/page", {.headers = {{"X-Kept", "yes"}}, .body = "hello", .content_type = "text/html"});
  EXPECT_FALSE(client(options())->fetch(page())->from_cache);
  clock.advance(seconds(599));
  // Another client, as in another run of the program.
  const auto again = client(options())->fetch(page());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->from_cache);
  EXPECT_EQ(again->status, 200);
  EXPECT_EQ(again->body, "hello");
  EXPECT_EQ(again->header("x-kept"), "yes");
  EXPECT_EQ(again->url, server.url("/page"));
  EXPECT_THAT(server.requests(), SizeIs(1));
  clock.advance(seconds(2));
  EXPECT_FALSE(client(options())->fetch(page())->from_cache);
}

TEST_F(Cache, LifetimesOfTheServerCount) {
  EXPECT_EQ(asked_twice_after(seconds(59), {{"Cache-Control", "public, max-age=60"}}), 1);
  EXPECT_EQ(asked_twice_after(seconds(60), {{"Cache-Control", "public, max-age=60"}}), 2);
  EXPECT_EQ(asked_twice_after(seconds(700), {{"Cache-Control", "max-age=3600"}}), 1);
  EXPECT_EQ(asked_twice_after(seconds(700), {{"Cache-Control", "max-age=3600"}, {"Age", "3000"}}), 2);
  EXPECT_EQ(asked_twice_after(seconds(1), {{"Cache-Control", "no-cache"}}), 2);
  EXPECT_EQ(asked_twice_after(seconds(1), {{"Cache-Control", "max-age=x"}}), 2);
  EXPECT_EQ(asked_twice_after(seconds(1), {{"Expires", "0"}}), 2);
  const fakes::Headers an_hour = {{"Date", "Fri, 02 Jan 2026 09:00:00 GMT"},
                                  {"Expires", "Fri, 02 Jan 2026 10:00:00 GMT"}};
  EXPECT_EQ(asked_twice_after(seconds(3599), an_hour), 1);
  EXPECT_EQ(asked_twice_after(seconds(3600), an_hour), 2);
  EXPECT_EQ(asked_twice_after(seconds(3600), {{"Expires", "Sun, 06 Nov 5924 08:49:37 GMT"}}), 1);
}

TEST_F(Cache, NoStoreIsNotKept) {
  EXPECT_EQ(asked_twice_after(seconds(0), {{"Cache-Control", "no-store"}}), 2);
  EXPECT_THAT(files(), SizeIs(0));
  EXPECT_EQ(asked_twice_after(seconds(0), {{"Vary", "*"}}), 2);
}

TEST_F(Cache, AStalePageIsAskedForByItsValidators) {
  server.on("/page", [](const fakes::SeenRequest& request) {
    const fakes::Headers headers = {{"ETag", "\"v1\""}, {"Cache-Control", "max-age=60"}};
    if (request.header("if-none-match") == "\"v1\"") return fakes::Reply{.status = 304, .headers = headers};
    return fakes::Reply{.headers = headers, .body = "hello"};
  });
  const auto net = client(options());
  ASSERT_TRUE(net->fetch(page()));
  clock.advance(seconds(61));
  const auto same = net->fetch(page());
  ASSERT_TRUE(same);
  EXPECT_EQ(same->status, 200);
  EXPECT_EQ(same->body, "hello");
  EXPECT_TRUE(same->from_cache);
  EXPECT_THAT(server.requests(), SizeIs(2));
  // The 304 made it fresh again.
  clock.advance(seconds(59));
  EXPECT_TRUE(net->fetch(page()));
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(Cache, AChangedPageReplacesTheOldOne) {
  server.script("/page", {{.headers = {{"Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"}}, .body = "old"},
                          {.body = "new"}});
  const auto net = client(options());
  ASSERT_EQ(net->fetch(page())->body, "old");
  clock.advance(seconds(601));
  EXPECT_EQ(net->fetch(page())->body, "new");
  EXPECT_EQ(server.requests()[1].header("if-modified-since"), "Thu, 01 Jan 2026 00:00:00 GMT");
  EXPECT_EQ(net->fetch(page())->body, "new");
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(Cache, RefreshAsksWhateverIsFresh) {
  server.serve("/page", {.headers = {{"Cache-Control", "max-age=3600"}}, .body = "hello"});
  ASSERT_TRUE(client(options())->fetch(page()));
  auto refreshing = options();
  refreshing.refresh = true;
  ASSERT_TRUE(client(refreshing)->fetch(page()));
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(Cache, OfflineAnswersWhateverItsAge) {
  server.serve("/page", {.headers = {{"Cache-Control", "max-age=1"}}, .body = "hello"});
  ASSERT_TRUE(client(options())->fetch(page()));
  ASSERT_TRUE(client(options())->fetch(page("/missing")));
  clock.advance(std::chrono::hours(1000));
  auto offline = options();
  offline.offline = true;
  const auto net = client(offline);
  EXPECT_EQ(net->fetch(page())->body, "hello");
  // Missing pages are cached as well.
  EXPECT_EQ(net->fetch(page("/missing"))->status, 404);
  const auto other = net->fetch(page("/other"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().text(),
            fmt::format("error: cannot fetch {}: offline and not in the cache\n"
                        "\n"
                        "hint: run the command once without --offline to fill the cache\n",
                        server.url("/other")));
  const DownloadRequest file{
      .url = fakes::url(server.url("/file")), .destination = scratch / "file", .size = {}, .sha256 = {}};
  const auto downloaded = net->download({&file, 1}, "fetching", reporter).front();
  ASSERT_FALSE(downloaded);
  EXPECT_EQ(downloaded.error().text(),
            fmt::format("error: cannot download {}: offline\n", server.url("/file")));
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(Cache, ANotFoundIsAskedAgainOnline) {
  const auto net = client(options());
  ASSERT_EQ(net->fetch(page("/new"))->status, 404);
  server.serve("/new", {.body = "here now"});
  EXPECT_EQ(net->fetch(page("/new"))->body, "here now");
}

TEST_F(Cache, ErrorsOfTheServerAreNotKeptAndTakeNothingAway) {
  server.script("/page", {{.headers = {{"ETag", "\"1\""}}, .body = "hello"}, {.status = 503}});
  ASSERT_TRUE(client(options())->fetch(page()));
  clock.advance(seconds(601));
  EXPECT_EQ(client(options())->fetch(page())->status, 503);
  auto offline = options();
  offline.offline = true;
  EXPECT_EQ(client(offline)->fetch(page())->body, "hello");
}

TEST_F(Cache, DamagedFilesCountAsNotThere) {
  server.serve("/page", {.body = "hello"});
  ASSERT_TRUE(client(options())->fetch(page()));
  const auto kept = files();
  ASSERT_THAT(kept, SizeIs(1));
  const auto whole = *read_file(kept[0]);
  std::size_t asked = 1;
  for (const auto& damaged : {std::string(), std::string("garbage"), whole.substr(0, whole.size() - 1),
                              whole.substr(0, whole.find('\n') + 1), whole + "x"}) {
    std::ofstream(kept[0], std::ios::binary) << damaged;
    EXPECT_EQ(client(options())->fetch(page())->body, "hello");
    EXPECT_THAT(server.requests(), SizeIs(++asked));
  }
}

TEST_F(Cache, NumbersThatCannotBeCountAsDamage) {
  server.serve("/page", {.body = "hello"});
  ASSERT_TRUE(client(options())->fetch(page()));
  const auto kept = files();
  ASSERT_THAT(kept, SizeIs(1));
  const auto whole = *read_file(kept[0]);
  std::size_t asked = 1;
  const std::pair<std::regex, const char*> changes[] = {
      {std::regex("\"stored\":[0-9]+"), "\"stored\":9223372036854775807"},
      {std::regex("\"stored\":[0-9]+"), "\"stored\":-1"},
      {std::regex("\"stored\":[0-9]+"), "\"stored\":1e300"},
      {std::regex("\"status\":200"), "\"status\":2e300"},
      {std::regex("\"status\":200"), "\"status\":8589934792"},
  };
  for (const auto& [from, to] : changes) {
    std::ofstream(kept[0], std::ios::binary) << std::regex_replace(whole, from, to);
    EXPECT_FALSE(client(options())->fetch(page())->from_cache) << to;
    EXPECT_THAT(server.requests(), SizeIs(++asked));
  }
}

TEST_F(Cache, RangesAndAcceptedTypesAreKeptApart) {
  server.serve("/page", {.body = "0123456789"});
  const auto net = client(options());
  const auto fetch = [&](std::optional<ByteRange> range, const std::string& accept) {
    auto request = page();
    request.range = range;
    if (!accept.empty()) request.headers = {{"Accept", accept}};
    return net->fetch(request)->body;
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(fetch(ByteRange{0, 3}, ""), "0123");
    EXPECT_EQ(fetch(ByteRange{4, 5}, ""), "45");
    EXPECT_EQ(fetch({}, ""), "0123456789");
    EXPECT_EQ(fetch({}, "text/html"), "0123456789");
    EXPECT_THAT(server.requests(), SizeIs(4));
  }
}

TEST_F(Cache, CredentialsAreNeitherKeptNorPartOfTheKey) {
  server.serve("/page", {.body = "hello"});
  auto request = page();
  request.url = fakes::url(fmt::format("http://user:hidden@127.0.0.1:{}/page", server.port()));
  ASSERT_TRUE(client(options())->fetch(request));
  EXPECT_TRUE(client(options())->fetch(page())->from_cache);
  ASSERT_THAT(files(), SizeIs(1));
  EXPECT_THAT(*read_file(files()[0]), testing::Not(testing::HasSubstr("hidden")));
}

TEST_F(Cache, IsLeftAloneByRequestsThatDoNotAskForIt) {
  server.serve("/page", {.body = "hello"});
  const auto net = client(options());
  const HttpRequest plain{.url = fakes::url(server.url("/page"))};
  ASSERT_TRUE(net->fetch(plain));
  EXPECT_THAT(files(), SizeIs(0));
  ASSERT_TRUE(net->fetch(page()));
  ASSERT_TRUE(net->fetch(plain));
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(Cache, AFolderThatCannotBeWrittenOnlyCostsTheCache) {
  server.serve("/page", {.body = "hello"});
  std::ofstream(scratch / "file") << "not a folder";
  const auto response = client({.cache = scratch / "file"})->fetch(page());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "hello");
}

}  // namespace
}  // namespace launch::net
