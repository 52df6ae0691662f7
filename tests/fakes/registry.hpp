#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "fakes/http_server.hpp"

namespace launch::fakes {

/// A container registry on 127.0.0.1 that describes images and has no layers.
class Registry {
 public:
  /// For launch.toml: "127.0.0.1:PORT".
  std::string location() const { return fmt::format("127.0.0.1:{}", server_.port()); }
  HttpServer& server() { return server_; }

  /// Offers an image for linux/amd64 as "library/debian" and "12", with these variables ("NAME=value") in its
  /// configuration; returns the digest of its manifest. Offering again moves the tag.
  std::string offer(const std::string& repository, const std::string& tag,
                    const std::vector<std::string>& variables) {
    std::string list;
    for (const auto& variable : variables) list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", variable);
    const auto config =
        fmt::format(R"({{"architecture":"amd64","os":"linux","config":{{"Env":[{}]}}}})", list);
    const auto config_digest = "sha256:" + sha256_hex(config);
    constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
    constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
    const auto manifest = fmt::format(
        R"({{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}","digest":"{}","size":{}}},"layers":[]}})",
        kManifestType, kConfigType, config_digest, config.size());
    auto digest = "sha256:" + sha256_hex(manifest);
    const Reply answer{
        .headers = {{"Docker-Content-Digest", digest}}, .body = manifest, .content_type = kManifestType};
    server_.serve(fmt::format("/v2/{}/manifests/{}", repository, tag), answer);
    server_.serve(fmt::format("/v2/{}/manifests/{}", repository, digest), answer);
    server_.serve(fmt::format("/v2/{}/blobs/{}", repository, config_digest),
                  {.body = config, .content_type = kConfigType});
    return digest;
  }

 private:
  HttpServer server_;
};

}  // namespace launch::fakes
