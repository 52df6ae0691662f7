#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/closed_port.hpp"
#include "fakes/raw_server.hpp"
#include "fakes/urls.hpp"
#include "unit/net/web.hpp"

namespace launch::net {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Le;
using testing::SizeIs;

class Fetch : public testing::Test, protected Web {};

TEST_F(Fetch, BringsStatusHeadersAndBody) {
  server.serve("/page", {.headers = {{"ETag", "\"x\""}}, .body = "hello", .content_type = "text/html"});
  const auto response = client()->fetch({.url = fakes::url(server.url("/page"))});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("etag"), "\"x\"");
  EXPECT_EQ(response->header("content-type"), "text/html");
  EXPECT_EQ(response->header("nothing"), std::nullopt);
  EXPECT_EQ(response->url, server.url("/page"));
  EXPECT_FALSE(response->from_cache);
}

TEST_F(Fetch, ANotFoundIsAResponseAndNotTriedAgain) {
  const auto response = client()->fetch({.url = fakes::url(server.url("/none"))});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "not here\n");
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST_F(Fetch, SendsMethodHeadersAndRange) {
  server.serve("/file", {.body = "0123456789"});
  const auto net = client();
  const auto head = net->fetch(
      {.url = fakes::url(server.url("/file")), .method = Method::head, .headers = {{"Accept", "text/x"}}});
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("content-length"), "10");
  EXPECT_EQ(head->body, "");
  const auto part = net->fetch({.url = fakes::url(server.url("/file")), .range = ByteRange{2, 4}});
  ASSERT_TRUE(part);
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(part->body, "234");
  const auto seen = server.requests();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].method, "HEAD");
  EXPECT_EQ(seen[0].header("accept"), "text/x");
  EXPECT_EQ(seen[0].header("user-agent"), "launch");
  EXPECT_EQ(seen[1].header("range"), "bytes=2-4");
  EXPECT_EQ(seen[1].header("accept-encoding"), "identity");
}

TEST_F(Fetch, UnpacksCompressedAnswers) {
  // printf 'hello hello hello' | gzip -n
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x00\x80\x88\xf9\xe5\x11"
      "\x00\x00\x00",
      28);
  server.serve("/packed",
               {.headers = {{"Content-Encoding", "gzip"}}, .body = packed, .content_type = "text/html"});
  const auto net = client();
  const auto response = net->fetch({.url = fakes::url(server.url("/packed"))});
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, "hello hello hello");
  // The limit applies to the uncompressed body, or a small answer could fill the memory.
  EXPECT_FALSE(net->fetch({.url = fakes::url(server.url("/packed")), .most = 16}));
}

TEST_F(Fetch, UsesOneConnectionForOneAfterAnother) {
  server.serve("/a", {.body = "a"});
  const auto net = client();
  for (int i = 0; i < 28; ++i) ASSERT_TRUE(net->fetch({.url = fakes::url(server.url("/a"))}));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Fetch, AnswersManyInOrderOverSharedConnections) {
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 60; ++i) {
    const auto path = fmt::format("/{}", i);
    server.serve(path, {.body = path});
    requests.push_back({.url = fakes::url(server.url(path))});
  }
  const auto answers = client({.parallel = 4})->fetch_all(requests);
  ASSERT_THAT(answers, SizeIs(60));
  for (int i = 0; i < 60; ++i) EXPECT_EQ(answers[i]->body, fmt::format("/{}", i));
  EXPECT_LE(server.connections(), 4);
}

TEST_F(Fetch, TriesAgainWhenTheServerIsBusy) {
  server.script("/busy", {{.status = 503}, {.status = 429}, {.body = "at last"}});
  const auto response =
      client({.retry_base = std::chrono::milliseconds(100)})->fetch({.url = fakes::url(server.url("/busy"))});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "at last");
  EXPECT_THAT(clock.sleeps(), SizeIs(Le(2)));
  EXPECT_THAT(clock.sleeps(), Each(Le(std::chrono::milliseconds(200))));
}

TEST_F(Fetch, WaitsAsLongAsTheServerAsksButNoLongerThanAMinute) {
  server.script("/busy", {{.status = 429, .headers = {{"Retry-After", "7"}}},
                          {.status = 503, .headers = {{"Retry-After", "Fri, 02 Jan 2026 00:00:30 GMT"}}},
                          {.status = 503, .headers = {{"Retry-After", "86400"}}},
                          {.body = "at last"}});
  const auto response = client()->fetch({.url = fakes::url(server.url("/busy"))});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "at last");
  using std::chrono::seconds;
  EXPECT_THAT(clock.sleeps(), ElementsAre(seconds(7), seconds(23), seconds(60)));
}

TEST_F(Fetch, GivesTheLastAnswerWhenTriesRunOut) {
  server.serve("/down", {.status = 503, .body = "down for repairs"});
  const auto response = client({.retries = 2})->fetch({.url = fakes::url(server.url("/down"))});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "down for repairs");
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(Fetch, TriesACutConnectionAgain) {
  server.script("/cut", {{.body = "0123456789", .cut_after = 4}, {.body = "0123456789"}});
  const auto response = client()->fetch({.url = fakes::url(server.url("/cut"))});
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, "0123456789");
}

TEST_F(Fetch, SaysThatTheConnectionWasCut) {
  server.serve("/cut", {.body = "0123456789", .content_length = 20});
  const auto response = client({.retries = 1})->fetch({.url = fakes::url(server.url("/cut?token=secret"))});
  ASSERT_TRUE(response);
  const auto cut = client({.retries = 1})->fetch({.url = fakes::url(server.url("/cut"))});
  ASSERT_FALSE(cut);
  EXPECT_EQ(
      cut.error().text(),
      fmt::format("error: cannot fetch {}: the connection was closed before the end\n", server.url("/cut")));
  EXPECT_EQ(cut.error().kind(), ErrorKind::environment);
  EXPECT_THAT(server.requests("/cut"), SizeIs(2));
}

TEST_F(Fetch, SaysThatNobodyListens) {
  const fakes::ClosedPort nobody;
  const auto response =
      client({.retries = 1})
          ->fetch({.url = fakes::url(fmt::format("http://user:secret@{}/x", nobody.address()))});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: cannot fetch http://{0}/x: cannot connect to {0}: Connection refused\n",
                        nobody.address()));
  EXPECT_THAT(clock.sleeps(), SizeIs(1));
}

TEST_F(Fetch, SaysThatTheServerClosedWithoutAWord) {
  const fakes::RawServer mute("");
  const auto response = client({.retries = 1})->fetch({.url = fakes::url(mute.url())});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: cannot fetch {}: the server closed the connection without an answer\n",
                        mute.url()));
}

TEST_F(Fetch, SaysThatTheServerTalksGarbageAndDoesNotInsist) {
  const fakes::RawServer garbage("220 mail.example ESMTP\r\n");
  const auto response = client()->fetch({.url = fakes::url(garbage.url())});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: cannot fetch {}: the server did not answer in HTTP\n", garbage.url()));
  EXPECT_EQ(garbage.connections(), 1);
}

TEST_F(Fetch, ALongerBodyThanAllowedIsAnError) {
  server.serve("/long", {.body = std::string(2000, 'x')});
  const auto net = client();
  EXPECT_TRUE(net->fetch({.url = fakes::url(server.url("/long")), .most = 2000}));
  const auto response = net->fetch({.url = fakes::url(server.url("/long")), .most = 1999});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: {} is larger than the limit of 2.0 kB\n", server.url("/long")));
}

TEST_F(Fetch, AWholeFileWhereARangeWasAskedForIsLeftOut) {
  server.serve("/long", {.body = std::string(2000, 'x'), .ranges = false});
  const auto response =
      client()->fetch({.url = fakes::url(server.url("/long")), .range = ByteRange{0, 9}, .most = 10});
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(response->too_long);
  EXPECT_TRUE(response->body.empty());
  EXPECT_EQ(response->header("content-length"), "2000");
}

TEST_F(Fetch, WhatIsNotAUrlIsAnError) {
  const auto response = client()->fetch({.url = fakes::url("file:///etc/passwd")});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(), "error: file:///etc/passwd is not an http or https URL\n");
}

TEST_F(Fetch, GivesAStalledServerUp) {
  server.serve("/slow", {.body = "0123456789", .drip_pause = std::chrono::seconds(30)});
  const auto response = client({.retries = 0, .stall_timeout = std::chrono::seconds(1)})
                            ->fetch({.url = fakes::url(server.url("/slow"))});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: cannot fetch {}: no data received for 1 s\n", server.url("/slow")));
}

TEST_F(Fetch, AsksAgainOnANewConnectionWhereOneStalls) {
  server.script(
      "/page",
      {{.body = "page"}, {.body = "too late", .drip_pause = std::chrono::seconds(30)}, {.body = "page"}});
  const auto http =
      client({.stall_timeout = std::chrono::seconds(600), .first_patience = std::chrono::seconds(1)});
  const net::HttpRequest request{.url = fakes::url(server.url("/page"))};
  ASSERT_EQ(http->fetch(request)->body, "page");
  const auto again = http->fetch(request);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->body, "page");
  const auto requests = server.requests("/page");
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[1].client_port, requests[0].client_port);
  EXPECT_NE(requests[2].client_port, requests[0].client_port);
}

TEST_F(Fetch, FollowsRedirectsAndSaysWhereItEnded) {
  server.serve("/old", {.status = 301, .headers = {{"Location", "/new"}}});
  server.serve("/new", {.body = "here"});
  const auto response = client()->fetch({.url = fakes::url(server.url("/old"))});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "here");
  EXPECT_EQ(response->url, server.url("/new"));
}

TEST_F(Fetch, DoesNotFollowRedirectsForEver) {
  server.serve("/loop", {.status = 302, .headers = {{"Location", "/loop"}}});
  const auto response = client()->fetch({.url = fakes::url(server.url("/loop"))});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: cannot fetch {}: more than 10 redirects\n", server.url("/loop")));
}

TEST_F(Fetch, DoesNotFollowRedirectsToFiles) {
  server.serve("/trap", {.status = 302, .headers = {{"Location", "file:///etc/passwd"}}});
  const auto response = client()->fetch({.url = fakes::url(server.url("/trap"))});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(), fmt::format("error: cannot fetch {}: it redirects to a URL that is not "
                                                 "allowed: from https to http, or neither http nor https\n",
                                                 server.url("/trap")));
}

TEST_F(Fetch, AStopEndsWhatIsOnTheWay) {
  std::stop_source stop;
  server.serve("/here", {.body = "x"});
  server.on("/slow", [&](const fakes::SeenRequest&) {
    stop.request_stop();
    return fakes::Reply{.body = "never whole", .drip_pause = std::chrono::hours(1)};
  });
  const auto net = client({.stop = stop.get_token()});
  ASSERT_TRUE(net->fetch({.url = fakes::url(server.url("/here"))}));
  const auto response = net->fetch({.url = fakes::url(server.url("/slow"))});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: stopped before {} was fetched\n", server.url("/slow")));
  server.forget_requests();
  EXPECT_FALSE(net->fetch({.url = fakes::url(server.url("/here"))}));
  EXPECT_THAT(server.requests(), SizeIs(0)) << "nothing is begun any more";
}

TEST_F(Fetch, AStopEndsTheWaitForAnotherTry) {
  std::stop_source stop;
  server.on("/busy", [&](const fakes::SeenRequest&) {
    stop.request_stop();
    return fakes::Reply{.status = 503, .headers = {{"Retry-After", "60"}}};
  });
  SystemClock real;
  const auto net =
      make_http_client({.stop = stop.get_token()}, Environment({{"HOME", scratch.path()}}), real, disk);
  const auto response = net->fetch({.url = fakes::url(server.url("/busy"))});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: stopped before {} was fetched\n", server.url("/busy")));
}

}  // namespace
}  // namespace launch::net
