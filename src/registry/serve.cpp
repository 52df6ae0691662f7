// The pull side of the OCI distribution specification 1.1, with listings of tags and referrers.
#include "registry/serve.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "specs/url.hpp"

namespace launch::registry {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";

/// The target "/v2/launch/demo/manifests/latest?n=1" in its parts.
struct Target {
  std::string repository;  ///< "launch/demo"
  std::string resource;    ///< "manifests", "blobs", "tags", "referrers"
  std::string name;        ///< "latest"
  std::map<std::string, std::string> parameters = {};
};

std::map<std::string, std::string> parameters_of(std::string_view query) {
  std::map<std::string, std::string> out;
  for (const auto each : split(query, '&')) {
    const auto equals = std::min(each.find('='), each.size());
    const auto value = each.substr(std::min(equals + 1, each.size()));
    out.emplace(each.substr(0, equals), specs::percent_decode(value));
  }
  return out;
}

/// nullopt if it is no address of the API.
std::optional<Target> parse_target(std::string_view text) {
  constexpr std::string_view kRoot = "/v2/";
  if (!text.starts_with(kRoot)) return std::nullopt;
  const auto question = std::min(text.find('?'), text.size());
  Target target;
  target.parameters = parameters_of(text.substr(std::min(question + 1, text.size())));
  const auto path = specs::percent_decode(text.substr(kRoot.size(), question - kRoot.size()));
  if (path.empty()) return target;
  const auto last = path.rfind('/');
  const auto before = last == std::string::npos || last == 0 ? last : path.rfind('/', last - 1);
  if (last == std::string::npos || before == std::string::npos) return std::nullopt;
  target.repository = path.substr(0, before);
  target.resource = path.substr(before + 1, last - before - 1);
  target.name = path.substr(last + 1);
  return target;
}

net::ServedResponse json_answer(int status, std::string_view type, const Json& document) {
  return {status, {{"Content-Type", std::string(type)}}, net::body_of_text(json_text(document))};
}

/// An error document of the API.
net::ServedResponse refusal(int status, std::string_view code, std::string_view message, const Json& detail) {
  return json_answer(status, "application/json",
                     {{"errors", {{{"code", code}, {"message", message}, {"detail", detail}}}}});
}

net::ServedResponse content(std::string_view type, const Digest& digest, net::Body body) {
  return {
      200, {{"Content-Type", std::string(type)}, {"Docker-Content-Digest", digest.text()}}, std::move(body)};
}

net::ServedResponse manifest(const ServedRepository& repository, const Target& target) {
  auto digest = Digest::parse(target.name);
  if (const auto tag = repository.tags.find(target.name); tag != repository.tags.end()) digest = tag->second;
  const auto found = digest ? repository.manifests.find(*digest) : repository.manifests.end();
  if (found == repository.manifests.end()) {
    return refusal(404, "MANIFEST_UNKNOWN", "manifest unknown to registry",
                   {{"name", target.repository}, {"reference", target.name}});
  }
  return content(found->second.media_type, found->first, net::body_of_text(found->second.text));
}

net::ServedResponse blob(const ServedRepository& repository, const Target& target) {
  const auto digest = Digest::parse(target.name);
  if (!digest)
    return refusal(400, "DIGEST_INVALID", "expected sha256 and 64 hex digits", {{"digest", target.name}});
  const auto found = repository.blobs.find(*digest);
  if (found == repository.blobs.end())
    return refusal(404, "BLOB_UNKNOWN", "blob unknown to registry", {{"digest", target.name}});
  return content(found->second.media_type, *digest, found->second.content);
}

net::ServedResponse tags(const ServedRepository& repository, const Target& target) {
  std::vector<std::string> names;
  for (const auto& [name, digest] : repository.tags) names.push_back(name);
  const auto parameter = [&](const std::string& name) {
    const auto found = target.parameters.find(name);
    return found == target.parameters.end() ? std::string() : found->second;
  };
  if (const auto last = parameter("last"); !last.empty())
    names.erase(names.begin(), std::ranges::upper_bound(names, last));
  const auto most = parse_u64(parameter("n")).value_or(names.size());
  const bool cut = most < names.size();
  if (cut) names.resize(most);
  auto answer = json_answer(200, "application/json", {{"name", target.repository}, {"tags", names}});
  if (cut && !names.empty()) {
    answer.headers.emplace_back("Link", fmt::format("</v2/{}/tags/list?n={}&last={}>; rel=\"next\"",
                                                    target.repository, most, names.back()));
  }
  return answer;
}

/// The entry of a manifest in a list of referrers; null if it does not refer to `subject`.
Json referrer(const Digest& digest, const ServedManifest& manifest, const Digest& subject) {
  const auto document = parse_json<Json>(manifest.text);
  if (json_string(document, {"subject", "digest"}) != subject.text()) return {};
  Json entry = {
      {"mediaType", manifest.media_type}, {"digest", digest.text()}, {"size", manifest.text.size()}};
  auto type = json_string(document, {"artifactType"});
  if (type.empty()) type = json_string(document, {"config", "mediaType"});
  if (!type.empty()) entry["artifactType"] = type;
  if (const auto& annotations = json_at(document, {"annotations"}); annotations.is_object())
    entry["annotations"] = annotations;
  return entry;
}

net::ServedResponse referrers(const ServedRepository& repository, const Target& target) {
  const auto subject = Digest::parse(target.name);
  if (!subject)
    return refusal(400, "DIGEST_INVALID", "expected sha256 and 64 hex digits", {{"digest", target.name}});
  const auto wanted = target.parameters.find("artifactType");
  auto entries = Json::array();
  for (const auto& [digest, manifest] : repository.manifests) {
    auto entry = referrer(digest, manifest, *subject);
    if (entry.is_null()) continue;
    if (wanted == target.parameters.end() || json_string(entry, {"artifactType"}) == wanted->second)
      entries.push_back(std::move(entry));
  }
  auto answer =
      json_answer(200, kIndexType, {{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", entries}});
  if (wanted != target.parameters.end()) answer.headers.emplace_back("OCI-Filters-Applied", "artifactType");
  return answer;
}

net::ServedResponse find_answer(const ServedRepositories& repositories, const net::ServedRequest& request) {
  const auto target = parse_target(request.target);
  if (!target) return refusal(404, "UNSUPPORTED", "not an address of the distribution API", request.target);
  if (target->repository.empty() && target->resource.empty())
    return json_answer(200, "application/json", Json::object());
  const auto known = {"manifests", "blobs", "tags", "referrers"};
  if (std::ranges::find(known, target->resource) == known.end() ||
      (target->resource == "tags" && target->name != "list")) {
    return refusal(404, "UNSUPPORTED", "not an address of the distribution API", request.target);
  }
  const auto repository = repositories.find(target->repository);
  if (repository == repositories.end())
    return refusal(404, "NAME_UNKNOWN", "repository name not known to registry",
                   {{"name", target->repository}});
  if (target->resource == "manifests") return manifest(repository->second, *target);
  if (target->resource == "blobs") return blob(repository->second, *target);
  return target->resource == "tags" ? tags(repository->second, *target)
                                    : referrers(repository->second, *target);
}

}  // namespace

Digest ServedRepository::add(ServedManifest manifest) {
  auto digest = Digest::of(manifest.text);
  manifests.insert_or_assign(digest, std::move(manifest));
  return digest;
}

net::ServedResponse answer(const ServedRepositories& repositories, const net::ServedRequest& request) {
  auto response = find_answer(repositories, request);
  response.headers.emplace_back("Docker-Distribution-Api-Version", "registry/2.0");
  return response;
}

}  // namespace launch::registry
