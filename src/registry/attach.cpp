#include "registry/attach.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "registry/answers.hpp"
#include "registry/blob_upload.hpp"
#include "registry/push.hpp"

namespace launch::registry {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";
constexpr const char* kEmptyType = "application/vnd.oci.empty.v1+json";
constexpr const char* kTitle = "org.opencontainers.image.title";
constexpr std::string_view kEmpty = "{}";

Json descriptor(const std::string& type, std::string_view text) {
  return {{"mediaType", type}, {"digest", Digest::of(text).text()}, {"size", text.size()}};
}

/// The list of referrers that a registry without their API keeps under a tag; an empty one if it has none.
Result<Json> list_under_tag(Session& session, const std::string& tag) {
  const auto url = session.place().manifest(tag);
  TRY_ASSIGN(const auto response, session.send({.url = url, .headers = {{"Accept", kIndexType}}}));
  Json empty{{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", Json::array()}};
  if (response.status == 404) return empty;
  if (response.status != 200) return fail(refused(url, response, "200 or 404", kPushHints));
  auto list = parse_json<Json>(response.body);
  if (!json_at(list, {"manifests"}).is_array()) return fail(garbage(url, "expected a list of referrers"));
  return list;
}

Result<bool> has_api(Session& session, const Digest& subject) {
  const auto url = session.place().referrers(subject);
  TRY_ASSIGN(const auto response, session.send({.url = url, .headers = {{"Accept", kIndexType}}}));
  if (response.status == 404) return false;
  if (response.status != 200) return fail(refused(url, response, "200 or 404", kPushHints));
  return json_at(parse_json<Json>(response.body), {"manifests"}).is_array();
}

/// Adds artifacts to the list under the tag.
Result<void> note_under_tag(Session& session, const Access& access, const Subject& subject,
                            const std::vector<Json>& artifacts, net::HttpClient& http, const Work& work) {
  const auto tag = "sha256-" + subject.digest.hex();
  TRY_ASSIGN(auto list, list_under_tag(session, tag));
  auto& manifests = list["manifests"];
  for (const auto& artifact : artifacts) {
    const bool known = std::any_of(manifests.begin(), manifests.end(), [&](const Json& each) {
      return json_string(each, {"digest"}) == json_string(artifact, {"digest"});
    });
    if (!known) manifests.push_back(artifact);
  }
  PushRequest request;
  request.place = session.place();
  request.access = access;
  request.top = {kIndexType, json_text(list)};
  request.tag = tag;
  TRY(push(request, http, work));
  return {};
}

}  // namespace

std::string artifact_text(const Subject& subject, const Attachment& attachment) {
  auto blob = descriptor(attachment.media_type, attachment.text);
  blob["annotations"] = {{kTitle, attachment.name}};
  return json_text(
      Json{{"schemaVersion", 2},
           {"mediaType", kManifestType},
           {"artifactType", attachment.media_type},
           {"config", descriptor(kEmptyType, kEmpty)},
           {"layers", Json::array({std::move(blob)})},
           {"subject",
            {{"mediaType", subject.media_type}, {"digest", subject.digest.text()}, {"size", subject.size}}}});
}

Result<std::vector<Digest>> attach(const Place& place, const Access& access, const Subject& subject,
                                   const std::vector<Attachment>& attachments, net::HttpClient& http,
                                   const Work& work) {
  std::vector<Digest> digests;
  std::vector<Json> artifacts;
  for (const auto& attachment : attachments) {
    const auto text = artifact_text(subject, attachment);
    PushRequest request;
    request.place = place;
    request.access = access;
    request.blobs = {{"the empty configuration", Digest::of(kEmpty), net::body_of_text(std::string(kEmpty))},
                     {attachment.name, Digest::of(attachment.text), net::body_of_text(attachment.text)}};
    request.top = {kManifestType, text};
    TRY(push(request, http, work));
    auto entry = descriptor(kManifestType, text);
    entry["artifactType"] = attachment.media_type;
    artifacts.push_back(std::move(entry));
    digests.push_back(Digest::of(text));
  }
  Session session(http, place, access, Action::push);
  TRY_ASSIGN(const bool listed,
             during(has_api(session, subject.digest), fmt::format("asking {} for referrers", place.host)));
  if (!listed) TRY(note_under_tag(session, access, subject, artifacts, http, work));
  return digests;
}

}  // namespace launch::registry
