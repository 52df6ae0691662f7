#include "registry/session.hpp"

#include <functional>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/memory_http.hpp"
#include "fakes/one_by_one_http.hpp"
#include "fakes/urls.hpp"

namespace launch::registry {
namespace {

/// Issues token-1, token-2, …; answers a request with 401 until `accepts` says yes to its token.
class TokenRegistry final : public fakes::OneByOneHttp {
 public:
  std::function<bool(const std::string& path, const std::string& token)> accepts;
  int issued = 0;

  Result<net::HttpResponse> fetch(const net::HttpRequest& request) override {
    net::HttpResponse response;
    response.url = request.url;
    response.status = 200;
    if (request.url.path() == "/token") {
      response.body = fmt::format(R"({{"token":"token-{}"}})", ++issued);
      return response;
    }
    std::string token;
    for (const auto& [name, value] : request.headers)
      if (name == "Authorization") token = value.substr(std::string("Bearer ").size());
    if (accepts(std::string(request.url.path()), token)) return response;
    response.status = 401;
    response.headers = {{"www-authenticate", R"(Bearer realm="https://registry.example/token",service="s")"}};
    return response;
  }
};

struct SessionTest : testing::Test {
  TokenRegistry registry;
  Session session{registry, Place::of({"registry.example/team/demo"}).value(), {}, Action::push};

  int status_of(const std::string& path) {
    const auto response = session.send({.url = fakes::url("https://registry.example/v2/team/demo/" + path)});
    return response ? response->status : 0;
  }
};

TEST_F(SessionTest, FetchesATokenOnceForManyRequests) {
  registry.accepts = [](const auto&, const auto& token) { return token == "token-1"; };
  EXPECT_EQ(status_of("a"), 200);
  EXPECT_EQ(status_of("b"), 200);
  EXPECT_EQ(registry.issued, 1);
}

TEST_F(SessionTest, ARequestThatIsRefusedWithTwoTokensOfItsOwnIsRefused) {
  registry.accepts = [](const auto&, const auto&) { return false; };
  EXPECT_EQ(status_of("a"), 401);
  EXPECT_EQ(registry.issued, 2);
}

/// Other threads push at the same time: while this request waits, they find the token expired and fetch
/// others, which have expired too when it is asked again.
TEST_F(SessionTest, TokensThatOtherThreadsFetchedDoNotCount) {
  int asked = 0;
  registry.accepts = [&, spent = std::string()](const std::string& path, const std::string& token) mutable {
    if (path.ends_with("/other")) return token != spent;
    if (++asked > 4) return true;
    spent = token;
    EXPECT_EQ(status_of("other"), 200);
    return false;
  };
  EXPECT_EQ(status_of("mine"), 200);
  EXPECT_EQ(registry.issued, 4);
}

/// Servers that a registry names get none of its certificates, and are verified unless it is not.
TEST(SessionTrust, OfOtherServersIsThatOfNobody) {
  fakes::MemoryHttp http;
  http.put("https://registry.example/v2/a/blobs/b",
           {.status = 307, .headers = {{"location", "https://blobs.example/b"}}});
  http.put("https://blobs.example/b", "bytes");
  http.put("https://registry.example/v2/a/blobs/c",
           {.status = 401,
            .headers = {{"www-authenticate", R"(Bearer realm="https://tokens.example/token",service="s")"}}});
  http.put("https://tokens.example/token?service=s&scope=repository%3Aa%3Apull", R"({"token":"t"})");
  const auto trusts = [&](const net::Trust& trust) {
    http.forget_requests();
    Session session(http, Place::of({"registry.example/a"}).value(),
                    {.trust = std::make_shared<const net::Trust>(trust)}, Action::pull);
    for (const std::string blob : {"b", "c"})
      EXPECT_TRUE(session.send({.url = fakes::url("https://registry.example/v2/a/blobs/" + blob)}));
    std::map<std::string, std::string> found;
    for (const auto& request : http.requests()) {
      found[std::string(request.url.host())] =
          !request.trust ? "the machine's"
                         : fmt::format("{}{}", request.trust->certificate.string(),
                                       request.trust->unverified ? " unverified" : "");
    }
    return found;
  };
  using testing::ElementsAre;
  using testing::Pair;
  EXPECT_THAT(trusts({.certificate = "own"}),
              ElementsAre(Pair("blobs.example", "the machine's"), Pair("registry.example", "own"),
                          Pair("tokens.example", "the machine's")));
  EXPECT_THAT(trusts({.certificate = "own", .unverified = true}),
              ElementsAre(Pair("blobs.example", " unverified"), Pair("registry.example", "own unverified"),
                          Pair("tokens.example", " unverified")));
}

}  // namespace
}  // namespace launch::registry
