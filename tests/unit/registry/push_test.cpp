#include "registry/push.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_work.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/memory_registry.hpp"
#include "net/status.hpp"

namespace launch::registry {
namespace {

using fakes::MemoryRegistry;
using net::HttpResponse;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;
using Wrong = MemoryRegistry::Wrong;

constexpr auto kManifestType = "application/vnd.oci.image.manifest.v1+json";

struct PushTest : testing::Test {
  MemoryRegistry registry;
  fakes::FakeWork work;
  std::string layer = "0123456789abcdefghijklmnop";  // three chunks
  std::string config = "{}";
  std::string manifest = R"({"config":{}})";
  PushRequest request{.place = Place::of({"registry.example/team/demo"}).value(),
                      .blobs = {{"the layer of torch", Digest::of(layer), net::body_of_text(layer)},
                                {"the configuration", Digest::of(config), net::body_of_text(config)}},
                      .top = {kManifestType, manifest},
                      .tag = "latest"};
  PushOptions options{.chunk = 10, .parallel = 1};

  void mount_from(const std::vector<std::string>& repositories) {
    for (auto& blob : request.blobs) blob.mount_from = repositories;
  }
  Result<Pushed> run() { return push(request, registry, work, options); }
  /// Whether the registry has the image, whole.
  bool has_all() const {
    const auto has = [&](const std::string& content) {
      const auto found = registry.blobs.find("team/demo@" + Digest::of(content).text());
      return found != registry.blobs.end() && found->second == content;
    };
    return has(layer) && has(config) && tagged() && registry.manifests.at("team/demo:latest") == manifest &&
           registry.uploads.empty();
  }
  bool tagged() const { return registry.manifests.contains("team/demo:latest"); }
  /// Answers the nth request of that kind (from 1) wrongly.
  void wrong(const std::string& kind, int nth, Wrong answer, int times = 1) {
    registry.fault = [=, seen = 0](const std::string& line,
                                   const net::HttpRequest&) mutable -> std::optional<Wrong> {
      if (!line.starts_with(kind)) return std::nullopt;
      ++seen;
      return seen >= nth && seen < nth + times ? std::optional(answer) : std::nullopt;
    };
  }
};

TEST_F(PushTest, SendsBlobsInChunksAndTheManifestLast) {
  const auto pushed = run();
  ASSERT_TRUE(pushed) << pushed.error().text();
  EXPECT_TRUE(has_all());
  EXPECT_EQ(pushed->digest, Digest::of(manifest));
  EXPECT_EQ(pushed->sent, 2u);
  EXPECT_EQ(pushed->sent_bytes, layer.size() + config.size());
  const auto l = Digest::of(layer).text();
  const auto c = Digest::of(config).text();
  const auto escaped = [](const std::string& digest) { return "sha256%3A" + digest.substr(7); };
  EXPECT_THAT(registry.log,
              ElementsAre("HEAD /v2/team/demo/manifests/latest", "HEAD /v2/team/demo/blobs/" + l,
                          "POST /v2/team/demo/blobs/uploads/", "PATCH /v2/team/demo/blobs/uploads/1",
                          "PATCH /v2/team/demo/blobs/uploads/1", "PATCH /v2/team/demo/blobs/uploads/1",
                          "PUT /v2/team/demo/blobs/uploads/1?digest=" + escaped(l),
                          "HEAD /v2/team/demo/blobs/" + c, "POST /v2/team/demo/blobs/uploads/",
                          "PUT /v2/team/demo/blobs/uploads/2?digest=" + escaped(c),
                          "PUT /v2/team/demo/manifests/latest"));
  EXPECT_EQ(work.reporter.steps.back().done, layer.size() + config.size());
  EXPECT_EQ(work.reporter.steps.back().total, layer.size() + config.size());
}

TEST_F(PushTest, WhatIsThereIsNotSent) {
  ASSERT_TRUE(run());
  registry.log.clear();
  EXPECT_EQ(run()->present, 2u);
  EXPECT_THAT(registry.log, ElementsAre("HEAD /v2/team/demo/manifests/latest"));
  request.tag = "other";
  registry.log.clear();
  EXPECT_EQ(run()->present, 2u);
  EXPECT_THAT(registry.log, Not(Contains(StartsWith("POST"))));
  EXPECT_EQ(registry.manifests.at("team/demo:other"), manifest);
}

TEST_F(PushTest, BlobsOfOtherRepositoriesAreMounted) {
  registry.blobs["team/base@" + Digest::of(layer).text()] = layer;
  mount_from({"team/none", "team/base"});
  const auto pushed = run();
  ASSERT_TRUE(pushed) << pushed.error().text();
  EXPECT_EQ(pushed->mounted, 1u);
  EXPECT_EQ(pushed->sent, 1u);
  EXPECT_TRUE(has_all());
}

TEST_F(PushTest, AnIndexComesAfterItsImages) {
  request.manifests = {{kManifestType, manifest}, {kManifestType, "{}"}};
  request.top = {"application/vnd.oci.image.index.v1+json", "{\"manifests\":[]}"};
  ASSERT_TRUE(run());
  const std::vector<std::string> last(registry.log.end() - 3, registry.log.end());
  EXPECT_THAT(last, ElementsAre("PUT /v2/team/demo/manifests/" + Digest::of(manifest).text(),
                                "PUT /v2/team/demo/manifests/" + Digest::of("{}").text(),
                                "PUT /v2/team/demo/manifests/latest"));
}

TEST_F(PushTest, WithoutATagTheDigestIsTheName) {
  request.tag.clear();
  ASSERT_TRUE(run());
  EXPECT_THAT(registry.manifests, ElementsAre(Pair("team/demo@" + Digest::of(manifest).text(), manifest)));
}

TEST_F(PushTest, ManyBlobsAtOnce) {
  options.parallel = 4;
  for (int i = 0; i < 20; ++i) {
    const auto text = fmt::format("blob number {} of twenty", i);
    request.blobs.push_back({"a blob", Digest::of(text), net::body_of_text(text)});
  }
  const auto pushed = run();
  ASSERT_TRUE(pushed) << pushed.error().text();
  EXPECT_EQ(pushed->sent, 22u);
  EXPECT_EQ(registry.blobs.size(), 22u);
}

TEST_F(PushTest, SurvivesFaults) {
  const HttpResponse busy{.status = 429, .headers = {{"retry-after", "7"}}, .body = {}};
  struct Case {
    std::string kind;
    int nth;
    Wrong answer;
  };
  const Case cases[] = {
      {"PATCH", 2, {.cut = 4}},
      {"PATCH", 1, {.cut = 0}},
      {"PATCH", 3, {.cut = 6}},
      {"PATCH", 2, {.answer = HttpResponse{.status = 500, .headers = {}, .body = {}}}},
      {"PATCH", 1, {.answer = busy}},
      {"PATCH", 2, {.answer = MemoryRegistry::error(404, "BLOB_UPLOAD_UNKNOWN")}},
      {"PATCH", 2, {.answer = MemoryRegistry::error(416, "BLOB_UPLOAD_INVALID")}},
      {"PATCH", 1, {.answer = MemoryRegistry::error(405, "UNSUPPORTED")}},
      {"PATCH", 1, {.answer = HttpResponse{.status = 501, .headers = {}, .body = {}}}},
      {"PUT /v2/team/demo/blobs", 1, {.cut = 0}},
      {"PUT /v2/team/demo/blobs", 2, {.cut = 1}},
      {"PUT /v2/team/demo/blobs", 1, {.answer = HttpResponse{.status = 502, .headers = {}, .body = {}}}},
      {"PUT /v2/team/demo/blobs", 1, {.answer = MemoryRegistry::error(400, "DIGEST_INVALID")}},
      {"POST", 1, {.answer = HttpResponse{.status = 503, .headers = {}, .body = {}}}},
      {"POST", 2, {.cut = 0}},
  };
  for (const auto& each : cases) {
    registry.blobs.clear();
    registry.manifests.clear();
    registry.uploads.clear();
    wrong(each.kind, each.nth, each.answer);
    const auto pushed = run();
    registry.uploads.erase("");  // what a cut POST left
    EXPECT_TRUE(pushed) << each.kind << each.nth << ": " << pushed.error().text();
    EXPECT_TRUE(has_all()) << each.kind << each.nth;
  }
  EXPECT_THAT(work.clock.sleeps(), Contains(std::chrono::seconds(7)));
}

TEST_F(PushTest, ResumesWhereTheRegistrySays) {
  wrong("PATCH", 2, {.cut = 4});
  ASSERT_TRUE(run());
  std::vector<std::string> ranges;
  for (const auto& each : registry.requests) {
    if (each.method == net::Method::patch)
      ranges.push_back(net::find_header(each.headers, "Content-Range").value());
  }
  EXPECT_THAT(ranges, ElementsAre("0-9", "10-19", "14-23", "24-25"));
}

TEST_F(PushTest, GivesUpAndLeavesTheTag) {
  registry.manifests["team/demo:latest"] = "before";
  wrong("PATCH", 2, {.answer = HttpResponse{.status = 500, .headers = {}, .body = {}}}, 1000);
  const auto pushed = run();
  ASSERT_FALSE(pushed);
  EXPECT_EQ(
      pushed.error().text(),
      fmt::format(
          "error: the registry returned 500 for "
          "https://registry.example/v2/team/demo/blobs/uploads/1, expected 202\n"
          "  while pushing the layer of torch ({})\n"
          "  while pushing registry.example/team/demo\n\n"
          "hint: the registry returned a server error; try again later: blobs that are complete are not "
          "sent again\n",
          Digest::of(layer).text()));
  EXPECT_EQ(registry.manifests.at("team/demo:latest"), "before");
  EXPECT_THAT(registry.uploads, IsEmpty());
  EXPECT_EQ(work.clock.sleeps().size(), 4u);
}

TEST_F(PushTest, ARegistryThatKeepsLosingUploadsIsNotAskedForEver) {
  registry.fault = [seen = 0](const std::string& line,
                              const net::HttpRequest&) mutable -> std::optional<Wrong> {
    if (!line.starts_with("PATCH") || ++seen % 2 == 1) return std::nullopt;
    return Wrong{.answer = MemoryRegistry::error(404, "BLOB_UPLOAD_UNKNOWN")};
  };
  EXPECT_THAT(run().error().message(), HasSubstr("BLOB_UPLOAD_UNKNOWN"));
}

TEST_F(PushTest, OtherDigestsThanExpectedAreErrors) {
  const HttpResponse other{.status = 201, .headers = {{"docker-content-digest", "sha256:other"}}, .body = {}};
  wrong("PUT /v2/team/demo/blobs", 1, {.answer = other});
  EXPECT_EQ(
      run().error().message(),
      fmt::format(
          "the registry sent an invalid answer for https://registry.example/v2/team/demo/blobs/uploads/1: "
          "it stored sha256:other, expected {}",
          Digest::of(layer).text()));
  wrong("PUT /v2/team/demo/manifests", 1, {.answer = other});
  EXPECT_EQ(
      run().error().message(),
      fmt::format(
          "the registry sent an invalid answer for https://registry.example/v2/team/demo/manifests/latest: "
          "it stored sha256:other, expected {}",
          Digest::of(manifest).text()));
  EXPECT_FALSE(tagged());
  const HttpResponse shorter{.status = 200, .headers = {{"content-length", "3"}}, .body = {}};
  wrong("HEAD /v2/team/demo/blobs", 1, {.answer = shorter});
  EXPECT_THAT(run().error().message(), HasSubstr("it has 3 bytes, expected 26"));
}

TEST_F(PushTest, AStopLeavesNothing) {
  registry.fault = [this](const std::string& line, const net::HttpRequest&) -> std::optional<Wrong> {
    if (line.starts_with("PATCH")) work.stop.request_stop();
    return std::nullopt;
  };
  const auto pushed = run();
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().message(), "stopped before the layer of torch was pushed");
  EXPECT_FALSE(tagged());
  EXPECT_THAT(registry.uploads, IsEmpty());
}

struct LoginTest : PushTest {
  int tokens = 0;

  /// Wants a token of registry.example/token, which holds for `requests` requests.
  void want_tokens(int requests) {
    registry.fault = [this, requests, left = 0](
                         const std::string& line,
                         const net::HttpRequest& asked) mutable -> std::optional<Wrong> {
      if (line.find("/token") != std::string::npos) {
        left = requests;
        return Wrong{.answer = HttpResponse{.status = 200,
                                            .headers = {},
                                            .body = fmt::format(R"({{"token":"t{}"}})", ++tokens)}};
      }
      if (net::find_header(asked.headers, "Authorization") == fmt::format("Bearer t{}", tokens) && left-- > 0)
        return std::nullopt;
      return Wrong{
          .answer = HttpResponse{
              .status = 401,
              .headers =
                  {{"www-authenticate",
                    R"(Bearer realm="https://registry.example/token",service="s",scope="repository:x:pull")"}},
              .body = {}}};
    };
  }
  net::HttpRequest token_request() const {
    return *std::ranges::find_if(registry.requests,
                                 [](const auto& each) { return each.url.path() == "/token"; });
  }
};

TEST_F(LoginTest, TokensAreRenewedInTheMiddle) {
  request.access.login = Login{"user", "secret", {}};
  mount_from({"team/base"});
  want_tokens(3);
  const auto pushed = run();
  ASSERT_TRUE(pushed) << pushed.error().text();
  EXPECT_TRUE(has_all());
  EXPECT_GE(tokens, 3);
  EXPECT_EQ(token_request().url,
            "https://registry.example/token?service=s&scope=repository%3Ateam%2F"
            "demo%3Apull%2Cpush&scope=repository%3Ateam%2Fbase%3Apull");
  EXPECT_THAT(token_request().headers, ElementsAre(Pair("Authorization", "Basic dXNlcjpzZWNyZXQ=")));
}

TEST_F(LoginTest, AnIdentityTokenIsExchanged) {
  request.access.login = Login{{}, {}, "iden+tity"};
  want_tokens(1000);
  ASSERT_TRUE(run());
  EXPECT_EQ(token_request().method, net::Method::post);
  EXPECT_EQ(MemoryRegistry::text(token_request().body).value(),
            "grant_type=refresh_token&client_id=launch&service=s&scope=repository%3Ateam%2F"
            "demo%3Apull%2Cpush&refresh_token=iden%2Btity");
}

TEST_F(LoginTest, ATokenThatIsRefusedIsNotAskedForForEver) {
  want_tokens(0);
  const auto pushed = run();
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().message(),
            "the registry returned 401 for https://registry.example/v2/team/demo/manifests/latest, expected "
            "200 or 404");
  EXPECT_EQ(tokens, 2);
}

TEST_F(LoginTest, BasicIsAnswered) {
  registry.fault = [](const std::string&, const net::HttpRequest& asked) -> std::optional<Wrong> {
    if (net::find_header(asked.headers, "Authorization") == "Basic dXNlcjpzZWNyZXQ=") return std::nullopt;
    return Wrong{.answer = HttpResponse{
                     .status = 401, .headers = {{"www-authenticate", "Basic realm=\"r\""}}, .body = {}}};
  };
  const auto anonymous = run();
  ASSERT_FALSE(anonymous);
  EXPECT_THAT(anonymous.error().text(),
              HasSubstr("hint: the registry does not let this user push here: run `podman login`"));
  request.access.login = Login{"user", "secret", {}};
  ASSERT_TRUE(run());
  request.access.login = Login{"user", "wrong", {}};
  EXPECT_FALSE(run());
}

TEST_F(LoginTest, CredentialsDoNotFollowToOtherHosts) {
  request.access.login = Login{"user", "secret", {}};
  registry.location_base = "https://elsewhere.example";
  registry.fault = [](const std::string&, const net::HttpRequest& asked) -> std::optional<Wrong> {
    const bool ours = asked.url.host() == "registry.example";
    const auto sent = net::find_header(asked.headers, "Authorization");
    EXPECT_TRUE(ours || !sent) << asked.url.text();
    if (!ours || sent) return std::nullopt;
    return Wrong{.answer = HttpResponse{
                     .status = 401, .headers = {{"www-authenticate", "Basic realm=\"r\""}}, .body = {}}};
  };
  const auto pushed = run();
  ASSERT_TRUE(pushed) << pushed.error().text();
  EXPECT_TRUE(has_all());
}

TEST_F(LoginTest, RedirectsOfUploadsAreFollowedWithoutCredentials) {
  request.access.login = Login{"user", "secret", {}};
  registry.fault = [](const std::string& line, const net::HttpRequest& asked) -> std::optional<Wrong> {
    const bool ours = asked.url.host() == "registry.example";
    const auto sent = net::find_header(asked.headers, "Authorization");
    EXPECT_TRUE(ours || !sent) << asked.url.text();
    if (!ours) return std::nullopt;
    if (!sent)
      return Wrong{.answer = HttpResponse{
                       .status = 401, .headers = {{"www-authenticate", "Basic realm=\"r\""}}, .body = {}}};
    if (!line.starts_with("PATCH") && !line.starts_with("PUT")) return std::nullopt;
    return Wrong{.answer = HttpResponse{
                     .status = 307,
                     .headers = {{"location", asked.url.on_host("elsewhere.example").with_secrets()}},
                     .body = {}}};
  };
  const auto pushed = run();
  ASSERT_TRUE(pushed) << pushed.error().text();
  EXPECT_TRUE(has_all());
}

TEST_F(LoginTest, NothingIsSentWithoutEncryption) {
  registry.location_base = "http://registry.example";
  EXPECT_THAT(run().error().message(),
              HasSubstr("it wants the upload sent to http://registry.example/v2/team/demo/blobs/uploads/1 "
                        "without encryption"));
}

TEST_F(PushTest, ARegistryWithoutTlsSaysHowToAllowPlainHttp) {
  fakes::MemoryHttp http;
  const std::string url = "https://registry.example/v2/team/demo/manifests/latest";
  http.break_off(url, environment_error(fmt::format("cannot fetch {}: TLS handshake failed with "
                                                    "registry.example:443: {}",
                                                    url, net::kNoTls)));
  const auto pushed = push(request, http, work);
  ASSERT_FALSE(pushed);
  EXPECT_EQ(
      pushed.error().text(),
      "error: cannot fetch https://registry.example/v2/team/demo/manifests/latest: TLS handshake failed with "
      "registry.example:443: the server does not answer in TLS\n"
      "  while pushing registry.example/team/demo\n\n"
      "hint: if it speaks plain HTTP and you trust the network, say so in launch.toml: [[registry]] "
      "prefix = \"registry.example\", location = \"registry.example\", insecure = true (or in "
      "registries.conf: [[registry]] location = \"registry.example\", insecure = true)\n");
}

}  // namespace
}  // namespace launch::registry
