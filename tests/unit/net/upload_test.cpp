#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/urls.hpp"
#include "net/body_source.hpp"
#include "unit/net/web.hpp"

namespace launch::net {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// Cannot be read.
class Unreadable final : public BodySource {
 public:
  std::uint64_t size() const override { return 100; }
  Result<std::size_t> read(std::uint64_t, std::span<char>) const override {
    return fail(environment_error("cannot read /wheel: Input/output error"));
  }
};

struct UploadTest : testing::Test, Web {
  fakes::HttpServer other;
  std::string content = noise(3'000'000);

  HttpRequest request(Method method, const std::string& path, bool repeatable = false) {
    return {.url = fakes::url(server.url(path)),
            .method = method,
            .headers = {{"Authorization", "Bearer token"}},
            .body = body_of_text(content),
            .repeatable = repeatable};
  }
  /// How often a request is sent, and the last status.
  std::pair<std::size_t, int> tries(const HttpRequest& request) {
    server.forget_requests();
    const auto response = client()->fetch(request);
    return {server.requests().size(), response ? response->status : 0};
  }
};

TEST_F(UploadTest, BodiesArriveWithEachMethod) {
  server.serve("/blob", {.status = 201, .headers = {{"Location", "/there"}}, .body = "taken"});
  for (const auto method : {Method::post, Method::put, Method::patch}) {
    server.forget_requests();
    const auto response = client()->fetch(request(method, "/blob"));
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->header("location"), "/there");
    EXPECT_EQ(response->body, "taken");
    ASSERT_THAT(server.requests(), SizeIs(1));
    const auto seen = server.requests().front();
    EXPECT_EQ(seen.method, name_of(method));
    EXPECT_EQ(seen.body == content, true);
    EXPECT_EQ(seen.header("content-length"), "3000000");
    EXPECT_EQ(seen.header("authorization"), "Bearer token");
    EXPECT_EQ(seen.header("content-type"), std::nullopt);
  }
}

TEST_F(UploadTest, NoBodyIsAnEmptyOne) {
  server.serve("/blob", {.status = 202});
  for (const auto method : {Method::post, Method::put}) {
    server.forget_requests();
    auto empty = request(method, "/blob");
    empty.body = nullptr;
    ASSERT_EQ(client()->fetch(empty).value().status, 202);
    EXPECT_EQ(server.requests().front().header("content-length"), "0");
  }
  server.forget_requests();
  ASSERT_EQ(client()->fetch(request(Method::remove, "/blob")).value().status, 202);
  EXPECT_EQ(server.requests().front().method, "DELETE");
  EXPECT_EQ(server.requests().front().body, "");
}

TEST_F(UploadTest, OnlyWhatMayBeRepeatedIsSentAgain) {
  server.serve("/error", {.status = 500});
  server.serve("/cut", {.body = "hello", .content_length = 10});
  EXPECT_EQ(tries(request(Method::patch, "/error")), std::pair(std::size_t{1}, 500));
  EXPECT_EQ(tries(request(Method::put, "/error")), std::pair(std::size_t{1}, 500));
  EXPECT_EQ(tries(request(Method::patch, "/cut")), std::pair(std::size_t{1}, 0));
  EXPECT_EQ(tries(request(Method::put, "/error", true)), std::pair(std::size_t{5}, 500));
  EXPECT_EQ(tries(request(Method::put, "/cut", true)), std::pair(std::size_t{5}, 0));
}

TEST_F(UploadTest, ABusyServerIsWaitedFor) {
  server.script("/busy", {{.status = 429, .headers = {{"Retry-After", "7"}}}, {.status = 202}});
  EXPECT_EQ(tries(request(Method::post, "/busy")), std::pair(std::size_t{2}, 202));
  EXPECT_GE(clock.sleeps().front(), std::chrono::seconds(7));
  EXPECT_EQ(server.requests().back().body == content, true);
}

TEST_F(UploadTest, ARedirectIsTheAnswer) {
  server.serve("/moved", {.status = 307, .headers = {{"Location", other.url("/there")}}});
  const auto response = client()->fetch(request(Method::put, "/moved"));
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 307);
  EXPECT_THAT(other.requests(), IsEmpty());
}

TEST_F(UploadTest, AHeaderWithCredentialsStaysWithItsServer) {
  server.serve("/moved", {.status = 307, .headers = {{"Location", other.url("/there")}}});
  other.serve("/there", {.body = "hello"});
  auto get = request(Method::get, "/moved");
  ASSERT_EQ(client()->fetch(get).value().body, "hello");
  EXPECT_EQ(server.requests().front().header("authorization"), "Bearer token");
  EXPECT_EQ(other.requests().front().header("authorization"), std::nullopt);
  const DownloadRequest file{.url = get.url, .destination = scratch / "file", .headers = get.headers};
  ASSERT_TRUE(client()->download({&file, 1}, "fetching", reporter).front());
  EXPECT_EQ(server.requests().back().header("authorization"), "Bearer token");
  EXPECT_EQ(other.requests().back().header("authorization"), std::nullopt);
}

TEST_F(UploadTest, ABodyThatCannotBeReadIsAnError) {
  server.serve("/blob", {.status = 201});
  auto broken = request(Method::put, "/blob", true);
  broken.body = std::make_shared<Unreadable>();
  const auto response = client()->fetch(broken);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: cannot read /wheel: Input/output error\n  while sending to {}\n",
                        server.url("/blob")));
}

}  // namespace
}  // namespace launch::net
