#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "fakes/files.hpp"
#include "fakes/urls.hpp"
#include "unit/net/web.hpp"

namespace launch::net {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr auto kBasicUserSecret = "Basic dXNlcjpzZWNyZXQ=";  // user:secret

class Credentials : public testing::Test, protected Web {
 protected:
  fakes::HttpServer other;

  std::string with_password(const std::string& path) {
    return fmt::format("http://user:secret@127.0.0.1:{}{}", server.port(), path);
  }
  void netrc(const std::string& text) { ASSERT_TRUE(write_file(scratch / ".netrc", text, 0600)); }
};

TEST_F(Credentials, OfTheUrlAreSentAndNotShown) {
  server.serve("/page", {.body = "hello"});
  const auto response = client()->fetch({.url = fakes::url(with_password("/page"))});
  ASSERT_TRUE(response);
  EXPECT_EQ(server.requests()[0].header("authorization"), kBasicUserSecret);
  EXPECT_EQ(response->url, server.url("/page"));
}

TEST_F(Credentials, OfTheSettingsHoldFromTheStart) {
  server.serve("/page", {.body = "hello"});
  other.serve("/page", {.body = "hello"});
  const auto net = client({.known = {fakes::url(with_password("/simple"))}});
  ASSERT_TRUE(net->fetch({.url = fakes::url(server.url("/page"))}));
  ASSERT_TRUE(net->fetch({.url = fakes::url(other.url("/page"))}));
  const DownloadRequest file{.url = fakes::url(server.url("/page")), .destination = scratch / "file"};
  ASSERT_TRUE(net->download({&file, 1}, "fetching", reporter).front());
  for (const auto& request : server.requests())
    EXPECT_EQ(request.header("authorization"), kBasicUserSecret) << request.path;
  EXPECT_EQ(other.requests()[0].header("authorization"), std::nullopt);
}

TEST_F(Credentials, OfAPageFromTheCacheHoldForItsLinks) {
  server.serve("/page", {.headers = {{"Cache-Control", "max-age=600"}}, .body = "hello"});
  server.serve("/file", {.body = "hello"});
  const HttpRequest page{.url = fakes::url(with_password("/page")), .cache = true};
  ASSERT_TRUE(client({.cache = scratch / "cache"})->fetch(page));
  const auto net = client({.cache = scratch / "cache"});
  ASSERT_TRUE(net->fetch(page)->from_cache);
  ASSERT_TRUE(net->fetch({.url = fakes::url(server.url("/file"))}));
  EXPECT_EQ(server.requests("/file").at(0).header("authorization"), kBasicUserSecret);
}

TEST_F(Credentials, OfAUrlHoldForLaterUrlsOfTheSameOriginOnly) {
  server.serve("/page", {.body = "hello"});
  other.serve("/page", {.body = "hello"});
  const auto net = client();
  ASSERT_TRUE(net->fetch({.url = fakes::url(with_password("/page"))}));
  ASSERT_TRUE(net->fetch({.url = fakes::url(server.url("/page"))}));
  ASSERT_TRUE(net->fetch({.url = fakes::url(other.url("/page"))}));
  EXPECT_EQ(server.requests()[1].header("authorization"), kBasicUserSecret);
  EXPECT_EQ(other.requests()[0].header("authorization"), std::nullopt);
}

TEST_F(Credentials, ComeFromNetrc) {
  netrc("machine 127.0.0.1 login user password secret\n");
  server.serve("/page", {.body = "hello"});
  ASSERT_TRUE(client()->fetch({.url = fakes::url(server.url("/page"))}));
  EXPECT_EQ(server.requests()[0].header("authorization"), kBasicUserSecret);

  ASSERT_TRUE(write_file(scratch / "elsewhere", "machine 127.0.0.1 login a password b\n", 0600));
  ASSERT_TRUE(
      client({}, {{"NETRC", scratch / "elsewhere"}})->fetch({.url = fakes::url(server.url("/page"))}));
  EXPECT_EQ(server.requests()[1].header("authorization"), "Basic YTpi");
}

TEST_F(Credentials, AreNotTakenToAnotherServerByARedirect) {
  for (const auto* const path : {"/url", "/header"}) {
    server.serve(path, {.status = 302, .headers = {{"Location", other.url(path)}}});
    other.serve(path, {.body = "hello"});
  }
  const auto net = client();
  ASSERT_TRUE(net->fetch({.url = fakes::url(with_password("/url"))}));
  ASSERT_TRUE(net->fetch(
      {.url = fakes::url(server.url("/header")), .headers = {{"Authorization", "Bearer secret"}}}));
  EXPECT_EQ(server.requests("/url")[0].header("authorization"), kBasicUserSecret);
  EXPECT_EQ(server.requests("/header")[0].header("authorization"), "Bearer secret");
  ASSERT_THAT(other.requests(), SizeIs(2));
  for (const auto& request : other.requests()) EXPECT_EQ(request.header("authorization"), std::nullopt);
}

TEST_F(Credentials, AreUsedForEverySegment) {
  server.serve("/f", {.body = noise(100'000)});
  const DownloadRequest wanted{.url = fakes::url(with_password("/f")),
                               .destination = scratch / "file",
                               .size = {},
                               .sha256 = Digest::of("a")};
  const auto result = client({.segment = 30'000})->download({&wanted, 1}, "fetching", reporter).front();
  for (const auto& request : server.requests()) EXPECT_EQ(request.header("authorization"), kBasicUserSecret);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().text(), testing::Not(HasSubstr("secret")));
}

class Proxy : public testing::Test, protected Web {
 protected:
  fakes::HttpServer proxy;
  const std::string url = "http://pypi.example/simple/";

  Proxy() {
    proxy.otherwise([](const fakes::SeenRequest&) { return fakes::Reply{.body = "by proxy"}; });
    server.serve("/", {.body = "straight"});
  }
};

TEST_F(Proxy, OfTheEnvironmentIsAsked) {
  for (const auto* const name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    proxy.forget_requests();
    const auto response = client({}, {{name, proxy.url()}})->fetch({.url = fakes::url(url)});
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->body, "by proxy");
    EXPECT_EQ(proxy.requests()[0].path, url);
  }
}

TEST_F(Proxy, IsNotAskedForHostsThatAreExcepted) {
  const auto response = client({}, {{"HTTP_PROXY", proxy.url()}, {"NO_PROXY", "pypi.example,127.0.0.0/8"}})
                            ->fetch({.url = fakes::url(server.url("/"))});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "straight");
  EXPECT_THAT(proxy.requests(), IsEmpty());
}

TEST_F(Proxy, ThatThisProcessHasButNotTheGivenEnvironmentIsNotAsked) {
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  const auto response = client()->fetch({.url = fakes::url(server.url("/"))});
  ::unsetenv("http_proxy");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "straight");
}

TEST_F(Proxy, ThatRefusesIsNamedWithoutItsPassword) {
  const auto dead = fmt::format("http://me:secret@127.0.0.1:{}", [] {
    const fakes::HttpServer gone;
    return gone.port();
  }());
  const auto response = client({.retries = 0}, {{"HTTP_PROXY", dead}})->fetch({.url = fakes::url(url)});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: cannot fetch {}: cannot connect to the proxy http://{}: Connection refused\n",
                        url, dead.substr(dead.find('@') + 1)));
  proxy.otherwise([](const fakes::SeenRequest&) { return fakes::Reply{.status = 403}; });
  const auto tunnel =
      client({}, {{"HTTPS_PROXY", proxy.url()}})->fetch({.url = fakes::url("https://pypi.example/")});
  ASSERT_FALSE(tunnel);
  EXPECT_EQ(
      tunnel.error().text(),
      fmt::format(
          "error: cannot fetch https://pypi.example/: the proxy {} refused the connection: CONNECT tunnel "
          "failed, response 403\n",
          proxy.url()));
}

class Tls : public testing::Test, protected Web {
 protected:
  static void make(const std::filesystem::path& folder, const std::string& name, const std::string& host) {
    const auto line = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "
        "/CN=launch-test "
        "-addext subjectAltName=DNS:{2} -keyout {0}/{1}.key -out {0}/{1}.pem >/dev/null 2>&1",
        folder.string(), name, host);
    ASSERT_EQ(std::system(line.c_str()), 0);
  }
  std::string fetch_error(HttpOptions options, Variables variables, const fakes::HttpServer& from) {
    const auto response =
        client(std::move(options), std::move(variables))->fetch({.url = fakes::url(from.url("/page"))});
    return response ? "(no error)" : response.error().text();
  }
};

TEST_F(Tls, ServersAreTrustedByTheGivenCertificatesOnly) {
  make(scratch.path(), "right", "localhost");
  make(scratch.path(), "wrong", "pypi.example");
  const auto right = (scratch / "right.pem").string();
  const auto wrong = (scratch / "wrong.pem").string();
  fakes::HttpServer secure(right, (scratch / "right.key").string());
  fakes::HttpServer misnamed(wrong, (scratch / "wrong.key").string());
  secure.serve("/page", {.body = "hello"});
  misnamed.serve("/page", {.body = "hello"});

  for (const auto* const name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}) {
    const auto response = client({}, {{name, right}})->fetch({.url = fakes::url(secure.url("/page"))});
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->body, "hello");
  }
  EXPECT_TRUE(client({.certificates = right}, {{"SSL_CERT_FILE", wrong}})
                  ->fetch({.url = fakes::url(secure.url("/page"))}));

  secure.forget_requests();
  EXPECT_EQ(
      fetch_error({}, {}, secure),
      fmt::format(
          "error: cannot fetch {}: its certificate is not trusted: self-signed certificate\n"
          "\n"
          "hint: if you trust the server, set SSL_CERT_FILE to a bundle with its certificate authority\n",
          secure.url("/page")));
  EXPECT_THAT(fetch_error({}, {{"SSL_CERT_FILE", wrong}}, misnamed),
              AllOf(StartsWith(fmt::format("error: cannot fetch {}: its certificate is not trusted: ",
                                           misnamed.url("/page"))),
                    HasSubstr("localhost")));
  EXPECT_EQ(
      fetch_error({}, {{"SSL_CERT_FILE", scratch / "none.pem"}}, secure),
      fmt::format("error: cannot fetch {}: the certificates in {} (from SSL_CERT_FILE) cannot be read\n",
                  secure.url("/page"), (scratch / "none.pem").string()));
  EXPECT_THAT(clock.sleeps(), IsEmpty()) << "none of this gets better by trying again";
  EXPECT_THAT(secure.requests(), IsEmpty());

  // From https a redirect must not lead to http.
  server.serve("/page", {.body = "hello"});
  secure.serve("/down", {.status = 302, .headers = {{"Location", server.url("/page")}}});
  EXPECT_FALSE(client({.certificates = right})->fetch({.url = fakes::url(secure.url("/down"))}));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(Tls, ARequestMayBringItsOwnTrust) {
  make(scratch.path(), "right", "localhost");
  make(scratch.path(), "machine", "pypi.example");
  const auto right = (scratch / "right.pem").string();
  fakes::HttpServer secure(right, (scratch / "right.key").string());
  secure.serve("/page", {.body = "hello"});
  const auto trust = std::make_shared<Trust>(Trust{.authorities = read_file(right).value()});
  const auto net = client({}, {{"SSL_CERT_FILE", (scratch / "machine.pem").string()}});
  const auto response = net->fetch({.url = fakes::url(secure.url("/page")), .trust = trust});
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, "hello");
  EXPECT_FALSE(net->fetch({.url = fakes::url(secure.url("/page"))}));  // on a connection of its own
  const auto machine = client({}, {{"SSL_CERT_FILE", right}});
  const auto other =
      std::make_shared<Trust>(Trust{.authorities = read_file(scratch / "machine.pem").value()});
  EXPECT_TRUE(machine->fetch({.url = fakes::url(secure.url("/page")), .trust = other}));
}

TEST_F(Tls, ARequestMayAcceptAnyCertificate) {
  make(scratch.path(), "wrong", "pypi.example");
  fakes::HttpServer misnamed((scratch / "wrong.pem").string(), (scratch / "wrong.key").string());
  misnamed.serve("/page", {.body = "hello"});
  const auto anyone = std::make_shared<Trust>(Trust{.unverified = true});
  const auto net = client();
  const auto url = fakes::url(misnamed.url("/page"));
  const auto response = net->fetch({.url = url, .trust = anyone});
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, "hello");
  EXPECT_FALSE(net->fetch({.url = url}));  // on a connection of its own
  EXPECT_TRUE(net->fetch({.url = url, .trust = anyone}));
}

TEST_F(Tls, AServerWithoutTlsIsNamed) {
  const auto response =
      client()->fetch({.url = fakes::url(fmt::format("https://127.0.0.1:{}/", server.port()))});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().text(),
            fmt::format("error: cannot fetch https://127.0.0.1:{0}/: TLS handshake failed with "
                        "127.0.0.1:{0}: the server does not answer in TLS\n",
                        server.port()));
}

}  // namespace
}  // namespace launch::net
