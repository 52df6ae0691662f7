#include "registry/pull.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "net/status.hpp"
#include "registry/answers.hpp"

namespace launch::registry {
namespace {

using Json = nlohmann::json;

constexpr int kMostLogins = 10;  ///< per download

constexpr net::StatusHints kHints = {
    .refused =
        "the registry does not let this user pull here: run `podman login` or `docker login` for it, or add "
        "a "
        "mirror to launch.toml: [[registry]]",
    .missing = "that registry does not have what is locked: use another one, or lock again with --upgrade",
    .rate_limited = "try again later, or add a mirror to launch.toml: [[registry]]",
    .server_error = "try again later, or add a mirror to launch.toml: [[registry]]",
};

/// An answer to HEAD after which a download is of no use.
bool is_final(const net::HttpResponse& response) {
  return response.status == 401 || response.status == 403 || response.status == 404;
}

std::optional<RemoteFile> read_file_entry(const Json& entry) {
  auto digest = Digest::parse(json_string(entry, {"digest"}));
  const auto size = json_integer<std::uint64_t>(json_at(entry, {"size"}));
  if (!digest || !size) return std::nullopt;
  return RemoteFile{*std::move(digest), *size};
}

Error malformed(std::string_view shown, std::string_view found) {
  return environment_error(fmt::format("the manifest of {} is invalid: {}", shown, found));
}

/// "linux/arm64"
std::string platform_of(const Json& entry) {
  return fmt::format("{}/{}", json_string(entry, {"platform", "os"}),
                     json_string(entry, {"platform", "architecture"}));
}

}  // namespace

bool is_index(std::string_view manifest) {
  return parse_json<Json>(manifest).contains("manifests");
}

Result<RemoteFile> manifest_for(std::string_view index, const specs::Platform& platform,
                                std::string_view shown) {
  const auto json = parse_json<Json>(index);
  const auto& manifests = json_at(json, {"manifests"});
  if (!manifests.is_array()) return fail(malformed(shown, "expected a list of manifests"));
  std::vector<std::string> others;
  for (const auto& entry : manifests) {
    const auto name = platform_of(entry);
    if (name == platform.oci()) {
      if (auto file = read_file_entry(entry)) return *std::move(file);
      return fail(malformed(shown, fmt::format("the entry for {} has no sha256 or no size", name)));
    }
    if (!name.starts_with("unknown/")) others.push_back(name);
  }
  return fail(environment_error(fmt::format("{} has no image for {}{}", shown, platform.oci(),
                                            others.empty() ? "" : "; it has " + join_words(others)))
                  .hint("choose another base image, or remove the platform from the recipe"));
}

Result<ManifestFiles> manifest_files(std::string_view manifest, std::string_view shown) {
  const auto json = parse_json<Json>(manifest);
  auto config = read_file_entry(json_at(json, {"config"}));
  const auto& layers = json_at(json, {"layers"});
  if (!config || !layers.is_array())
    return fail(malformed(shown, "expected a configuration and layers by sha256"));
  ManifestFiles files{*std::move(config), {}};
  for (const auto& entry : layers) {
    auto layer = read_file_entry(entry);
    if (!layer) return fail(malformed(shown, "a layer has no sha256 or no size"));
    files.layers.push_back(*std::move(layer));
  }
  return files;
}

std::vector<Result<net::HttpResponse>> RepositoryClient::fetch_all(
    std::span<const net::HttpRequest> requests) {
  std::vector<Result<net::HttpResponse>> responses;
  responses.reserve(requests.size());
  for (const auto& request : requests) responses.push_back(fetch(request));
  return responses;
}

std::vector<Result<net::DownloadResult>> RepositoryClient::download(
    std::span<const net::DownloadRequest> requests, std::string_view what, Reporter& reporter,
    std::stop_token stop) {
  std::vector<Result<net::DownloadResult>> results(requests.size(), fail(environment_error("not fetched")));
  std::vector<std::size_t> open(requests.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  for (int logins = 0; !open.empty() && logins < kMostLogins; ++logins) {
    const auto before = session_.authorization();
    // Logs in if the registry demands it. The download reports failures of a connection.
    const auto& first = requests[open.front()].url;
    const auto head = session_.send(
        {.url = first, .method = net::Method::head, .headers = {{"Accept", std::string(kManifestTypes)}}});
    if (head) reached_ = true;
    if (head && is_final(*head)) {
      results[open.front()] = fail(refused(first, *head, "200", kHints));
      break;
    }
    const auto authorization = session_.authorization();
    if (logins > 0 && authorization == before) break;
    std::vector<net::DownloadRequest> asked;
    for (const auto i : open) {
      asked.push_back(requests[i]);
      asked.back().headers.emplace_back("Accept", kManifestTypes);
      if (!authorization.empty()) asked.back().headers.emplace_back("Authorization", authorization);
      asked.back().trust = session_.trust();
    }
    auto got = http_.download(asked, what, reporter, stop);
    std::vector<std::size_t> left;
    for (std::size_t k = 0; k < open.size(); ++k) {
      if (!got[k]) left.push_back(open[k]);
      results[open[k]] =
          got[k] ? std::move(got[k]) : fail(with_tls_hint(std::move(got[k]).error(), session_.place().host));
    }
    open = std::move(left);
    if (stop.stop_requested()) break;
  }
  return results;
}

}  // namespace launch::registry
