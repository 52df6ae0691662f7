#include "net/http_server.hpp"

#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/files.hpp"
#include "fakes/raw_client.hpp"
#include "fakes/urls.hpp"
#include "net/range_request.hpp"
#include "unit/net/web.hpp"

namespace launch::net {
namespace {

using fakes::RawClient;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Bytes without an end, for clients that do not read them; counts what was read from it.
class Endless final : public BodySource {
 public:
  std::uint64_t size() const override { return std::uint64_t{1} << 40; }
  Result<std::size_t> read(std::uint64_t, std::span<char> buffer) const override {
    std::ranges::fill(buffer, 'x');
    read_ += buffer.size();
    return buffer.size();
  }
  mutable std::atomic<std::uint64_t> read_ = 0;
};

/// Cannot be read from that byte on.
class Broken final : public BodySource {
 public:
  explicit Broken(std::uint64_t first) : first_(first) {}
  std::uint64_t size() const override { return 100; }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    if (offset >= first_) return fail(environment_error("the disk is gone"));
    return std::string(10, 'x').copy(buffer.data(), buffer.size());
  }

 private:
  std::uint64_t first_;
};

struct HttpServerTest : testing::Test, Web {
  std::string content = noise(700'000);  // several pieces
  std::shared_ptr<Endless> endless = std::make_shared<Endless>();
  std::atomic<bool> asked_for_third = false;  ///< "/third" was requested
  std::unique_ptr<HttpServer> own;

  HttpServer& start(HttpServerOptions options = {}) {
    own = HttpServer::start(std::move(options), [this](const ServedRequest& request) -> ServedResponse {
            if (request.target == "/file") return {200, {{"X-One", "1"}}, body_of_text(content)};
            if (request.target == "/endless") return {200, {}, endless};
            if (request.target == "/broken") return {200, {}, std::make_shared<Broken>(10)};
            if (request.target == "/gone") return {200, {}, std::make_shared<Broken>(0)};
            if (request.target == "/third") asked_for_third = true;
            if (request.target == "/split") return {200, {{"X-Bad", "a\r\nX-Evil: 1"}}, {}};
            return {404, {}, body_of_text(fmt::format("{} {}\n", request.method, request.target))};
          }).value();
    return *own;
  }
  std::string say(const std::string& bytes) {
    RawClient client(own->port());
    EXPECT_TRUE(client.send(bytes));
    return client.read();
  }
  specs::Url url(const std::string& path) {
    return fakes::url(fmt::format("http://{}{}", own->authority(), path));
  }
};

TEST(RangeRequestTest, IsReadAsTheStandardSays) {
  struct Case {
    const char* header;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> part;  ///< offset and size
  };
  const Case cases[] = {
      {"bytes=0-9", {{0, 10}}},
      {"bytes=90-", {{90, 10}}},
      {"bytes=90-500", {{90, 10}}},
      {"bytes=-10", {{90, 10}}},
      {"bytes=-500", {{0, 100}}},
      {"Bytes=5-5", {{5, 1}}},
      {"bytes=100-", {{0, 0}}},
      {"bytes=100-200", {{0, 0}}},
      {"bytes=-0", {{100, 0}}},
      {"bytes=9-0", {}},
      {"bytes=0-1,5-6", {}},
      {"bytes=-", {}},
      {"bytes=a-b", {}},
      {"lines=0-9", {}},
      {"bytes=0", {}},
      {"bytes=1-2x", {}},
      {"", {}},
      {"bytes=0-18446744073709551615", {{0, 100}}},
      {"bytes=0-18446744073709551616", {}},
  };  // clang-format off
  for (const auto& each : cases) {
    const auto part = parse_range(each.header, 100);
    ASSERT_EQ(part.has_value(), each.part.has_value()) << each.header;
    const auto found = part ? std::pair(part->offset, part->size) : std::pair<std::uint64_t, std::uint64_t>();
    EXPECT_EQ(found, each.part.value_or(std::pair<std::uint64_t, std::uint64_t>())) << each.header;
  }
  EXPECT_EQ(parse_range("bytes=0-", 0)->size, 0u);
}  // clang-format on

TEST_F(HttpServerTest, AnswersWholeBodiesHeadsAndRanges) {
  start();
  const auto http = client();
  const auto whole = http->fetch({.url = url("/file")});
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_EQ(whole->body, content);
  EXPECT_EQ(whole->header("x-one"), "1");
  EXPECT_EQ(whole->header("accept-ranges"), "bytes");
  const auto head = http->fetch({.url = url("/file"), .method = Method::head});
  ASSERT_TRUE(head);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->header("content-length"), "700000");
  const auto part = http->fetch({.url = url("/file"), .range = ByteRange{300'000, 699'998}});
  ASSERT_TRUE(part);
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(part->header("content-range"), "bytes 300000-699998/700000");
  EXPECT_EQ(part->body, content.substr(300'000, 399'999));
  const auto beyond = http->fetch({.url = url("/file"), .range = ByteRange{700'000, 700'001}});
  ASSERT_TRUE(beyond);
  EXPECT_EQ(beyond->status, 416);
  EXPECT_EQ(beyond->header("content-range"), "bytes */700000");
  const auto missing = http->fetch({.url = url("/missing?a=b")});
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->body, "GET /missing?a=b\n");
}

TEST_F(HttpServerTest, ARangeOfAnUnknownVersionIsNotCut) {
  start();
  const auto answer =
      say("GET /file HTTP/1.1\r\nRange: bytes=0-1\r\nIf-Range: \"a\"\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 700000\r\n")));
}

TEST_F(HttpServerTest, KeepsConnectionsAndAnswersInOrder) {
  start();
  EXPECT_THAT(
      say("HEAD /file HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 200 OK\r\nServer: launch\r\n"),
            HasSubstr("\r\n\r\nGET /a\nHTTP/1.1 404 Not Found\r\n"),
            EndsWith("Connection: close\r\n\r\nGET /b\n")));
  EXPECT_THAT(say("GET /old HTTP/1.0\r\n\r\n"), EndsWith("Connection: close\r\n\r\nGET /old\n"));
}

TEST_F(HttpServerTest, RefusesWhatItDoesNotAnswer) {
  start();
  const std::pair<std::string, std::string> cases[] = {
      {"POST /v2/ HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 405 Method Not Allowed\r\n"},
      {"PUT /v2/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "HTTP/1.1 405 Method Not Allowed\r\n"},
      {"BREW /pot HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\n"},
      {"GET /file HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 400 Bad Request\r\n"},
      {"GET /file\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
      {"\x16\x03\x01\x02 hello\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
      {"GET / HTTP/1.1\r\nBad\x01Name: 1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
      {"GET / HTTP/1.1\r\nLong: " + std::string(20'000, 'a') + "\r\n\r\n",
       "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
      {"GET /" + std::string(20'000, 'a'), "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
  };
  for (const auto& [request, line] : cases)
    EXPECT_THAT(say(request), AllOf(StartsWith(line), HasSubstr("Connection: close\r\n")))
        << request.substr(0, 60);
  EXPECT_THAT(say(cases[0].first), HasSubstr("Allow: GET, HEAD\r\n"));
}

TEST_F(HttpServerTest, NoHeaderCanSplitAnAnswer) {
  start();
  EXPECT_THAT(say("GET /split HTTP/1.1\r\nConnection: close\r\n\r\n"), Not(HasSubstr("X-Evil")));
}

TEST_F(HttpServerTest, ABodyThatCannotBeReadEndsTheConnectionEarly) {
  start();
  EXPECT_THAT(say("GET /broken HTTP/1.1\r\n\r\n"),
              AllOf(HasSubstr("Content-Length: 100\r\n"), EndsWith("\r\n\r\nxxxxxxxxxx")));
}

TEST_F(HttpServerTest, ABodyThatCannotBeReadAtAllIsAnError) {
  start();
  EXPECT_THAT(say("GET /gone HTTP/1.1\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 500 Internal Server Error\r\n"),
                    EndsWith("\r\n\r\nits bytes cannot be read; the server's output says why\n")));
}

TEST_F(HttpServerTest, SlowClientsAreNotWaitedFor) {
  start({.head_time = milliseconds(150), .idle_time = milliseconds(150), .send_time = milliseconds(150)});
  RawClient silent(own->port());
  RawClient slow(own->port());
  ASSERT_TRUE(slow.send("GET /file HTTP/1.1\r\nSlow"));
  RawClient deaf(own->port());
  ASSERT_TRUE(deaf.send("GET /endless HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(silent.read(), "");
  EXPECT_EQ(slow.read(), "");
  while (endless.use_count() > 1) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_LT(endless->read_, 64u << 20);
}

TEST_F(HttpServerTest, AClientThatClosesEndsItsTransfer) {
  start();
  RawClient client(own->port());
  ASSERT_TRUE(client.send("GET /endless HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(client.read(100'000).size(), 100'000u);
  client.close();
  while (endless.use_count() > 1) std::this_thread::sleep_for(milliseconds(10));
}

TEST_F(HttpServerTest, FurtherConnectionsWait) {
  start({.connections = 2});
  RawClient first(own->port());
  RawClient second(own->port());
  for (auto* client : {&first, &second}) {
    ASSERT_TRUE(client->send("HEAD /a HTTP/1.1\r\n\r\n"));
    EXPECT_THAT(client->read(20), StartsWith("HTTP/1.1 404"));
  }
  RawClient third(own->port());
  ASSERT_TRUE(third.connected());  // by the kernel
  ASSERT_TRUE(third.send("GET /third HTTP/1.1\r\nConnection: close\r\n\r\n"));
  ASSERT_TRUE(second.send("HEAD /b HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(second.read(), HasSubstr("Connection: close"));
  EXPECT_FALSE(asked_for_third);
  first.close();
  EXPECT_THAT(third.read(), EndsWith("GET /third\n"));
}

TEST_F(HttpServerTest, ServesManyAtOnce) {
  start();
  std::vector<HttpRequest> requests(40, HttpRequest{.url = url("/file")});
  for (const auto& response : client()->fetch_all(requests)) {
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->body, content);
  }
}

TEST_F(HttpServerTest, EndsAtOnceWithItsTransfers) {
  start();
  RawClient busy(own->port());
  ASSERT_TRUE(busy.send("GET /endless HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(busy.read(1000).size(), 1000u);
  RawClient idle(own->port());
  const auto port = own->port();
  own.reset();
  EXPECT_EQ(idle.read(), "");
  EXPECT_EQ(endless.use_count(), 1);
  EXPECT_FALSE(RawClient(port).connected());
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  start();
  const auto again = HttpServer::start({.port = own->port()}, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().text(),
            fmt::format("error: cannot listen on 127.0.0.1 port {}: Address already in use\n", own->port()));
  const auto nowhere = HttpServer::start({.address = "nowhere"}, {});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().text(), "error: cannot listen on nowhere port 0: Invalid argument\n");
}

TEST_F(HttpServerTest, ListensOnIpv6) {
  const auto server6 =
      HttpServer::start({.address = "::1"}, [](const ServedRequest&) { return ServedResponse{}; });
  if (!server6) GTEST_SKIP() << server6.error().text();
  EXPECT_EQ((*server6)->authority(), fmt::format("[::1]:{}", (*server6)->port()));
}

TEST(BodySourceTest, ReadsTextsFilesAndParts) {
  const test::Scratch scratch;
  const auto content = noise(100'000);
  ASSERT_TRUE(write_file(scratch / "file", content));
  const auto all = [](const Body& body) {
    std::string out;
    std::array<char, 4096> buffer{};
    while (true) {
      const auto got = body->read(out.size(), buffer).value();
      if (got == 0) return out;
      out.append(buffer.data(), got);
    }
  };
  for (const auto& body : {body_of_text(content), body_of_file(scratch / "file").value()}) {
    EXPECT_EQ(body->size(), content.size());
    EXPECT_EQ(all(body), content);
    EXPECT_EQ(all(body_part(body, 10, 50'000)), content.substr(10, 50'000));
    EXPECT_EQ(all(body_part(body, 99'990, 50'000)), content.substr(99'990));
    EXPECT_EQ(body_part(body, 200'000, 1)->size(), 0u);
  }
  EXPECT_EQ(body_of_file(scratch / "none").error().message(),
            fmt::format("cannot read {}: No such file or directory", (scratch / "none").string()));
}

TEST(BodySourceTest, AFileThatShrinksIsAnError) {
  const test::Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "file", "hello"));
  const auto body = body_of_file(scratch / "file").value();
  std::filesystem::resize_file(scratch / "file", 0);
  std::array<char, 8> buffer{};
  EXPECT_EQ(body->read(0, buffer).error().message(),
            fmt::format("{} became shorter while it was read", (scratch / "file").string()));
}

}  // namespace
}  // namespace launch::net
