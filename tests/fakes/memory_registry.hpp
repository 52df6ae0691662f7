#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "fakes/one_by_one_http.hpp"
#include "fakes/urls.hpp"
#include "net/http.hpp"

namespace launch::fakes {

/// A registry in memory, https://registry.example, that takes uploads as the OCI distribution specification
/// says; `fault` makes it misbehave. Records every request. Thread-safe.
class MemoryRegistry final : public OneByOneHttp {
 public:
  struct Wrong {
    std::optional<net::HttpResponse> answer = {};  ///< instead of the registry's
    std::optional<std::uint64_t> cut = {};  ///< takes so many bytes of the body, then the connection ends
  };
  /// Asked before each request; `line` is "PATCH /v2/team/demo/blobs/uploads/1".
  std::function<std::optional<Wrong>(const std::string& line, const net::HttpRequest&)> fault = {};
  bool lists_referrers = false;
  std::string location_base = {};  ///< before the path of a Location; empty: relative

  std::map<std::string, std::string> blobs;      ///< "team/demo@sha256:…" → bytes
  std::map<std::string, std::string> manifests;  ///< "team/demo:latest", "team/demo@sha256:…" → text
  std::map<std::string, std::string> uploads;    ///< unfinished
  std::vector<std::string> log;
  std::vector<net::HttpRequest> requests;

  Result<net::HttpResponse> fetch(const net::HttpRequest& request) override {
    const std::lock_guard guard(mutex_);
    const auto line = fmt::format("{} {}{}", net::name_of(request.method), request.url.path(),
                                  request.url.query().empty() ? "" : fmt::format("?{}", request.url.query()));
    log.push_back(line);
    requests.push_back(request);
    if (const auto wrong = fault ? fault(line, request) : std::nullopt) {
      if (wrong->answer) return *wrong->answer;
      auto whole = text(request.body);
      if (!whole) return launch::fail(whole.error());
      uploads[last_part(request)] += whole->substr(0, *wrong->cut);
      return launch::fail(
          environment_error(fmt::format("cannot send to {}: the connection was lost", request.url)));
    }
    auto body = text(request.body);
    if (!body) return launch::fail(body.error());
    auto response = answer(request, *std::move(body));
    response.url = request.url;
    return response;
  }

  static Result<std::string> text(const net::Body& body) {
    std::string out(body ? body->size() : 0, '\0');
    std::size_t done = 0;
    while (done < out.size()) {
      TRY_ASSIGN(const auto got, body->read(done, std::span(out).subspan(done)));
      done += got;
    }
    return out;
  }
  static net::HttpResponse error(int status, const std::string& code) {
    return {.status = status,
            .headers = {},
            .body = fmt::format(R"({{"errors":[{{"code":"{}","message":"no"}}]}})", code)};
  }

 private:
  static std::string last_part(const net::HttpRequest& request) { return request.url.file_name(); }

  net::HttpResponse at(const std::string& repository, const std::string& id, int status) const {
    return {.status = status,
            .headers = {{"location", fmt::format("{}/v2/{}/blobs/uploads/{}", location_base, repository, id)},
                        {"range", fmt::format("0-{}", std::max<std::size_t>(uploads.at(id).size(), 1) - 1)}},
            .body = {}};
  }

  net::HttpResponse answer(const net::HttpRequest& request, std::string body) {
    const std::string path(request.url.path().substr(4));  // after "/v2/"
    if (lists_referrers && path.find("/referrers/") != std::string::npos)
      return {.status = 200, .headers = {}, .body = R"({"schemaVersion":2,"manifests":[]})"};
    for (const std::string part : {"/manifests/", "/blobs/uploads/", "/blobs/"}) {
      const auto found = path.find(part);
      if (found == std::string::npos) continue;
      const auto repository = path.substr(0, found);
      const auto name = path.substr(found + part.size());
      if (part == "/manifests/") return manifest(request, repository, name, body);
      if (part == "/blobs/uploads/") return upload(request, repository, name, std::move(body));
      const auto blob = blobs.find(repository + "@" + name);
      if (blob == blobs.end()) return error(404, "BLOB_UNKNOWN");
      return {
          .status = 200, .headers = {{"content-length", fmt::to_string(blob->second.size())}}, .body = {}};
    }
    return error(404, "NAME_UNKNOWN");
  }

  net::HttpResponse manifest(const net::HttpRequest& request, const std::string& repository,
                             const std::string& name, const std::string& body) {
    const auto key = repository + (name.starts_with("sha256:") ? "@" : ":") + name;
    if (request.method == net::Method::put) manifests[key] = body;
    const auto known = manifests.find(key);
    if (known == manifests.end()) return error(404, "MANIFEST_UNKNOWN");
    return {.status = request.method == net::Method::put ? 201 : 200,
            .headers = {{"docker-content-digest", Digest::of(known->second).text()}},
            .body = request.method == net::Method::get ? known->second : ""};
  }

  net::HttpResponse upload(const net::HttpRequest& request, const std::string& repository,
                           const std::string& id, std::string body) {
    const auto parameters = parameters_of(request.url);
    if (request.method == net::Method::post) {
      if (parameters.contains("mount")) {
        const auto from = blobs.find(parameters.at("from") + "@" + parameters.at("mount"));
        if (from != blobs.end()) {
          blobs[repository + "@" + parameters.at("mount")] = from->second;
          return {.status = 201, .headers = {}, .body = {}};
        }
      }
      const auto fresh = fmt::to_string(++last_upload_);
      uploads[fresh] = "";
      return at(repository, fresh, 202);
    }
    if (!uploads.contains(id)) return error(404, "BLOB_UPLOAD_UNKNOWN");
    auto& bytes = uploads[id];
    if (request.method == net::Method::remove)
      return uploads.erase(id), net::HttpResponse{.status = 204, .headers = {}, .body = {}};
    if (request.method == net::Method::get) return at(repository, id, 204);
    if (request.method == net::Method::patch) {
      const auto range = net::find_header(request.headers, "Content-Range").value_or("");
      if (parse_u64(range.substr(0, range.find('-'))) != bytes.size())
        return error(416, "BLOB_UPLOAD_INVALID");
      bytes += body;
      return at(repository, id, 202);
    }
    bytes += body;
    const auto digest = Digest::of(bytes).text();
    if (digest != parameters.at("digest")) return uploads.erase(id), error(400, "DIGEST_INVALID");
    blobs[repository + "@" + digest] = bytes;
    uploads.erase(id);
    return {.status = 201, .headers = {{"docker-content-digest", digest}}, .body = {}};
  }

  static std::map<std::string, std::string> parameters_of(const specs::Url& url) {
    std::map<std::string, std::string> out;
    for (const auto each : split(url.query(), '&')) {
      const auto equals = std::min(each.find('='), each.size());
      out[std::string(each.substr(0, equals))] =
          specs::percent_decode(each.substr(std::min(equals + 1, each.size())));
    }
    return out;
  }

  std::mutex mutex_;
  int last_upload_ = 0;
};

}  // namespace launch::fakes
