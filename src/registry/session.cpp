#include "registry/session.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "registry/answers.hpp"

namespace launch::registry {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMostToken = std::uint64_t{1} << 20;
constexpr int kMostRedirects = 5;
constexpr int kMostTokens = 2;  ///< per request: a token that has expired, and a registry that knows better
constexpr int kUnauthorized = 401;

constexpr net::StatusHints kHints = {
    .refused = "the registry does not accept this user: run `podman login` or `docker login` for it",
    .missing = "check the address of the registry",
    .rate_limited = "try again later",
    .server_error = "try again later",
};

bool is_redirect(int status) {
  constexpr int kPermanent = 308;
  constexpr int kTemporary = 307;
  return status == kTemporary || status == kPermanent;
}

std::string form_field(std::string_view name, std::string_view value) {
  // A query is encoded like a form.
  static const auto base = *specs::Url::parse("http://form/");
  return std::string(base.with_parameter(name, value).query());
}

/// For servers that the registry names, such as that of its tokens: they get no certificate of this client,
/// and are verified if the registry is.
std::shared_ptr<const net::Trust> trust_elsewhere(const Access& access) {
  if (!access.trust || !access.trust->unverified) return nullptr;
  static const auto anyone = std::make_shared<const net::Trust>(net::Trust{.unverified = true});
  return anyone;
}

}  // namespace

specs::Url Place::manifest(std::string_view tag_or_digest) const {
  return base.extend_path(fmt::format("/manifests/{}", tag_or_digest));
}

specs::Url Place::blob(const Digest& digest) const {
  return base.extend_path("/blobs/" + digest.text());
}

specs::Url Place::referrers(const Digest& subject) const {
  return base.extend_path("/referrers/" + subject.text());
}

Place Place::in_plain_http() const {
  auto plain = *this;
  plain.base = *specs::Url::parse("http" + base.text().substr(std::string_view("https").size()));
  return plain;
}

Result<Place> Place::of(const specs::Endpoint& name) {
  const auto slash = std::min(name.name.find('/'), name.name.size());
  Place place;
  place.host = name.name.substr(0, slash);
  if (place.host == "docker.io") place.host = "registry-1.docker.io";
  place.repository = name.name.substr(std::min(slash + 1, name.name.size()));
  const auto base = specs::Url::parse(fmt::format("https://{}/v2/{}", place.host, place.repository));
  if (!base) {
    return fail(input_error(fmt::format("{} is not a valid registry address", in_quotes(place.host)))
                    .hint(fmt::format("correct the location under [[registry]] in {}: HOST[:PORT][/PATH]",
                                      name.file.empty() ? "launch.toml" : name.file)));
  }
  place.base = *base;
  return place;
}

std::string Session::authorization() {
  const std::lock_guard guard(mutex_);
  return authorization_;
}

Result<net::HttpResponse> Session::send(net::HttpRequest request) {
  const auto headers = request.headers;
  int redirects = 0;
  for (int tokens = 0;;) {
    const bool ours = request.url.origin() == place_.base.origin();
    const auto used = ours ? authorization() : std::string();
    request.headers = headers;
    request.trust = ours ? access_.trust : trust_elsewhere(access_);
    if (!used.empty()) request.headers.emplace_back("Authorization", used);
    auto answer = http_.fetch(request);
    if (!answer)
      return fail(with_tls_hint(std::move(answer).error(), ours ? place_.host : request.url.host()));
    auto response = *std::move(answer);
    if (is_redirect(response.status) && response.header("location")) {
      const auto target = request.url.resolve(*response.header("location"));
      if (!target || !target->is_http())
        return fail(garbage(request.url, "it redirects to an address that is not an http or https URL"));
      if (++redirects > kMostRedirects)
        return fail(garbage(request.url, fmt::format("it redirects more than {} times", kMostRedirects)));
      if (request.url.scheme() == "https" && target->scheme() != "https")
        return fail(garbage(request.url, fmt::format("it redirects to {}, which is not encrypted", *target)));
      request.url = *target;
      continue;
    }
    if (response.status != kUnauthorized || !ours) return response;
    // A token of another thread does not count: it may be used up before this one's turn comes. It had to be
    // fetched for a request that counts, so this ends.
    if (authorization() != used) continue;
    if (++tokens > kMostTokens) return response;
    TRY_ASSIGN(const bool changed, authenticate(response, used));
    if (!changed) return response;
  }
}

/// False: the registry's challenge cannot be answered with anything that was not tried.
Result<bool> Session::authenticate(const net::HttpResponse& response, const std::string& used) {
  const std::lock_guard guard(mutex_);
  if (authorization_ != used) return true;  // another thread has done it
  bool basic = false;
  for (const auto& [name, value] : response.headers) {
    if (name != "www-authenticate") continue;
    if (auto challenge = parse_bearer_challenge(value)) {
      TRY_ASSIGN(const auto token,
                 during(fetch_token(*challenge), fmt::format("logging in to {}", place_.host)));
      authorization_ = "Bearer " + token;
      return true;
    }
    basic = basic || to_lower(value.substr(0, value.find(' '))) == "basic";
  }
  if (!basic || !access_.login || access_.login->user.empty()) return false;
  auto wanted = "Basic " + base64_encode(fmt::format("{}:{}", access_.login->user, access_.login->password));
  if (wanted == used) return false;
  authorization_ = std::move(wanted);
  return true;
}

Result<std::string> Session::fetch_token(const BearerChallenge& challenge) {
  std::vector<std::string> scopes = {
      fmt::format("repository:{}:{}", place_.repository, action_ == Action::push ? "pull,push" : "pull")};
  for (const auto& name : from_) scopes.push_back(fmt::format("repository:{}:pull", name));
  net::HttpRequest request{.url = challenge.realm, .most = kMostToken};
  const auto& login = access_.login;
  const bool safe = challenge.realm.scheme() == "https" || place_.base.scheme() == "http";
  if (login && !safe)
    return fail(garbage(
        place_.base, fmt::format("it wants the credentials sent to {} without encryption", challenge.realm)));
  request.trust = challenge.realm.host() == place_.base.host() ? access_.trust : trust_elsewhere(access_);
  if (login && !login->identity_token.empty()) {
    request.method = net::Method::post;
    request.repeatable = true;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = net::body_of_text(fmt::format(
        "grant_type=refresh_token&client_id=launch&{}&{}&{}", form_field("service", challenge.service),
        form_field("scope", join(scopes, " ")), form_field("refresh_token", login->identity_token)));
  } else {
    if (!challenge.service.empty()) request.url = request.url.with_parameter("service", challenge.service);
    for (const auto& scope : scopes) request.url = request.url.with_parameter("scope", scope);
    if (login && !login->user.empty()) {
      request.headers = {
          {"Authorization", "Basic " + base64_encode(fmt::format("{}:{}", login->user, login->password))}};
    }
  }
  TRY_ASSIGN(const auto response, http_.fetch(request));
  if (response.status != 200) return fail(refused(request.url, response, "a token (200)", kHints));
  const auto json = parse_json<Json>(response.body);
  auto token = json_string(json, {"token"});
  if (token.empty()) token = json_string(json, {"access_token"});
  const bool sound = !token.empty() && std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
  if (!sound) return fail(garbage(request.url, "expected a token"));
  return token;
}

}  // namespace launch::registry
