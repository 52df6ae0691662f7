// The parts of the OCI distribution specification 1.1 that looking up an image needs.
#include "registry/oci_registry.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "net/status.hpp"
#include "registry/answers.hpp"
#include "registry/entry.hpp"
#include "registry/session.hpp"

namespace launch::registry {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMostManifest = std::uint64_t{4} << 20;
constexpr std::uint64_t kMostConfiguration = std::uint64_t{16} << 20;

bool is_missing(const net::HttpResponse& response) {
  const auto text = complaint(response);
  return response.status == 404 || text.starts_with("MANIFEST_UNKNOWN:") || text.starts_with("NAME_UNKNOWN:");
}

constexpr net::StatusHints kHints = {
    .refused =
        "check the image's name, run `podman login` or `docker login` for its registry, or add a mirror to "
        "launch.toml: [[registry]] prefix = \"docker.io\", location = \"HOST:PORT\"",
    .missing = "check the address of the registry (launch.toml, [[registry]])",
    .rate_limited =
        "wait, or add a mirror to launch.toml: [[registry]] prefix = \"docker.io\", "
        "location = \"HOST:PORT\"",
    .server_error = "try again later, or add a mirror to launch.toml",
};

/// The registry's answer as an error; unusable if it does not let this user read.
Error not_given(const specs::Url& url, const net::HttpResponse& response, std::string_view expected) {
  auto error = refused(url, response, expected, kHints);
  return response.status == 401 || response.status == 403 ? std::move(error).as(ErrorKind::unusable) : error;
}

struct Manifest {
  Digest digest;
  Json content;
  bool is_index() const { return content.contains("manifests"); }
};

/// Talks to one repository, with the token that it requires.
class Repository {
 public:
  Repository(net::HttpClient& http, const Entry& entry)
      : place_(entry.place), session_(http, entry.place, entry.access, Action::pull) {}

  /// nullopt if the registry does not have it. `name` is a tag or a digest.
  Result<std::optional<Manifest>> manifest(const std::string& name) {
    const auto url = place_.manifest(name);
    TRY_ASSIGN(const auto response, get(url, kMostManifest, {{"Accept", std::string(kManifestTypes)}}));
    if (is_missing(response)) return std::nullopt;
    if (response.status != 200) return fail(not_given(url, response, "a manifest (200)"));
    Manifest manifest{Digest::of(response.body), parse_json<Json>(response.body)};
    const auto digest = manifest.digest.text();
    const auto claimed = response.header("docker-content-digest").value_or(digest);
    for (const auto& expected : {claimed, Digest::parse(name) ? name : digest}) {
      if (expected == digest) continue;
      return fail(garbage(url, fmt::format("its manifest has the digest {}, expected {}", digest, expected)));
    }
    if (!manifest.content.is_object() || (!manifest.is_index() && !manifest.content.contains("config"))) {
      return fail(garbage(url, "expected an image index or an image manifest"));
    }
    return manifest;
  }

  /// The image's configuration.
  Result<Json> configuration(const Manifest& manifest) {
    const auto digest = Digest::parse(json_string(manifest.content, {"config", "digest"}));
    if (!digest) {
      return fail(
          garbage(place_.manifest(manifest.digest.text()), "its manifest names no configuration by sha256"));
    }
    const auto url = place_.blob(*digest);
    TRY_ASSIGN(const auto response, get(url, kMostConfiguration, {}));
    if (response.status != 200) return fail(not_given(url, response, "a configuration (200)"));
    const auto found = Digest::of(response.body);
    if (found != *digest) return fail(garbage(url, fmt::format("it has the digest {}", found.text())));
    auto json = parse_json<Json>(response.body);
    if (!json.is_object()) return fail(garbage(url, "expected an image configuration"));
    return json;
  }

 private:
  Result<net::HttpResponse> get(const specs::Url& url, std::uint64_t most, net::Headers headers) {
    return session_.send({.url = url, .headers = std::move(headers), .most = most});
  }

  const Place& place_;
  Session session_;
};

/// "linux/amd64"; empty for entries that are not runnable images (attestations are "unknown/unknown").
std::string platform_of(const Json& value) {
  const auto system = json_string(value, {"os"});
  const auto architecture = json_string(value, {"architecture"});
  if (system.empty() || architecture.empty() || system == "unknown") return {};
  return fmt::format("{}/{}", system, architecture);
}

std::map<std::string, Digest> platforms_of(const Json& index) {
  std::map<std::string, Digest> platforms;
  const auto& manifests = json_at(index, {"manifests"});
  if (!manifests.is_array()) return platforms;
  for (const auto& entry : manifests) {
    const auto digest = Digest::parse(json_string(entry, {"digest"}));
    const auto name = platform_of(json_at(entry, {"platform"}));
    if (!name.empty() && digest) platforms.emplace(name, *digest);
  }
  return platforms;
}

void take_configuration(const Json& configuration, RemoteImage& image) {
  image.created = json_string(configuration, {"created"});
  image.user = json_string(configuration, {"config", "User"});
  if (const auto& labels = json_at(configuration, {"config", "Labels"}); labels.is_object()) {
    for (const auto& [name, value] : labels.items()) {
      if (value.is_string()) image.labels[name] = value.get<std::string>();
    }
  }
  if (const auto& environment = json_at(configuration, {"config", "Env"}); environment.is_array()) {
    for (const auto& line : environment) {
      if (line.is_string()) image.environment.push_back(line.get<std::string>());
    }
  }
}

/// The image of an index; its labels are those of `platform`, or of the first platform if that one is
/// missing.
Result<RemoteImage> read_index(Repository& repository, const Manifest& index, const specs::Platform& platform,
                               const std::string& what) {
  RemoteImage image{
      .digest = index.digest, .platforms = platforms_of(index.content), .labels = {}, .environment = {}};
  if (image.platforms.empty())
    return fail(environment_error(fmt::format("the image index of {} lists no image", what)));
  const auto asked = image.platforms.find(platform.oci());
  const auto& digest = asked != image.platforms.end() ? asked->second : image.platforms.begin()->second;
  TRY_ASSIGN(const auto manifest, repository.manifest(digest.text()));
  if (!manifest || manifest->is_index()) {
    return fail(
        environment_error(fmt::format("the registry does not have the image {} that the index of {} lists",
                                      digest.text(), what))
            .hint("the registry (or mirror) is incomplete; use another one"));
  }
  TRY_ASSIGN(const auto configuration, repository.configuration(*manifest));
  take_configuration(configuration, image);
  return image;
}

Result<std::optional<RemoteImage>> look_up(Repository& repository, const specs::ImageReference& reference,
                                           const specs::Platform& platform) {
  TRY_ASSIGN(const auto manifest,
             repository.manifest(reference.digest ? reference.digest->text() : reference.tag));
  if (!manifest) return std::nullopt;
  if (manifest->is_index()) return read_index(repository, *manifest, platform, reference.text());
  RemoteImage image{.digest = manifest->digest, .platforms = {}, .labels = {}, .environment = {}};
  TRY_ASSIGN(const auto configuration, repository.configuration(*manifest));
  if (const auto name = platform_of(configuration); !name.empty())
    image.platforms.emplace(name, manifest->digest);
  take_configuration(configuration, image);
  return image;
}

}  // namespace

Result<std::optional<RemoteImage>> OciRegistry::find(const specs::ImageReference& reference,
                                                     const specs::Platform& platform) {
  std::optional<RemoteImage> image;
  const auto ask = [&](const Entry& entry) -> Result<bool> {
    Repository repository(*http_, entry);
    TRY_ASSIGN(image,
               during(look_up(repository, reference, platform),
                      fmt::format("asking the registry {} for {}", entry.place.host, reference.text())));
    return image.has_value();
  };
  const auto by = reference.digest ? specs::NamedBy::digest : specs::NamedBy::tag;
  TRY(ask_in_turn(reference.name(), by, {mirrors_, *environment_, *runner_, *http_}, ask));
  return image;
}

}  // namespace launch::registry
