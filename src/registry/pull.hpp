#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "net/http.hpp"
#include "registry/session.hpp"
#include "specs/platform.hpp"

namespace launch::registry {

/// A file of a repository.
struct RemoteFile {
  Digest digest;
  std::uint64_t size = 0;  ///< bytes; 0: unknown
};

/// What a manifest names.
struct ManifestFiles {
  RemoteFile config;
  std::vector<RemoteFile> layers;  ///< from the bottom
};

/// Whether a manifest is an index of manifests (OCI's or Docker's).
bool is_index(std::string_view manifest);
/// The manifest for a platform in an index. Errors (environment): the index is malformed, or has none;
/// `shown` names the image.
Result<RemoteFile> manifest_for(std::string_view index, const specs::Platform& platform,
                                std::string_view shown);
/// Errors (environment): not an image's manifest; `shown` names it.
Result<ManifestFiles> manifest_files(std::string_view manifest, std::string_view shown);

/// An HTTP client for the files of one repository: it logs in as the registry asks, again when a token
/// expires.
class RepositoryClient final : public net::HttpClient {
 public:
  RepositoryClient(net::HttpClient& http, Session& session) : http_(http), session_(session) {}

  Result<net::HttpResponse> fetch(const net::HttpRequest& request) override { return session_.send(request); }
  std::vector<Result<net::HttpResponse>> fetch_all(std::span<const net::HttpRequest> requests) override;
  std::vector<Result<net::DownloadResult>> download(std::span<const net::DownloadRequest> requests,
                                                    std::string_view what, Reporter& reporter,
                                                    std::stop_token stop = {}) override;
  /// A download got an answer, whatever it was.
  bool reached() const { return reached_; }

 private:
  net::HttpClient& http_;
  Session& session_;
  bool reached_ = false;
};

}  // namespace launch::registry
