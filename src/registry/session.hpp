#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "net/http.hpp"
#include "registry/bearer_challenge.hpp"
#include "registry/credentials.hpp"
#include "specs/machine_registry.hpp"

namespace launch::registry {

/// Manifests and indexes, OCI's and Docker's, for an Accept header.
inline constexpr std::string_view kManifestTypes =
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// The address of a repository.
struct Place {
  specs::Url base;  ///< "https://registry.example/v2/team/demo"
  std::string host;
  std::string repository;

  specs::Url manifest(std::string_view tag_or_digest) const;
  specs::Url blob(const Digest& digest) const;
  specs::Url referrers(const Digest& subject) const;

  /// The same where the registry does not speak TLS.
  Place in_plain_http() const;

  /// Over TLS. Errors (input): not a valid address.
  static Result<Place> of(const specs::Endpoint& name);
};

/// The credentials and certificates for a registry.
struct Access {
  std::optional<Login> login = {};
  std::shared_ptr<const net::Trust> trust = {};
};

enum class Action { pull, push };

/// Requests to one repository, with the authentication that its registry asks for: Basic (RFC 7617) or a
/// bearer token (Docker's token authentication), requested again when it expires. Thread-safe.
class Session {
 public:
  /// `from`: other repositories of the registry that blobs are mounted from.
  Session(net::HttpClient& http, Place place, Access access, Action action,
          std::vector<std::string> from = {})
      : http_(http),
        place_(std::move(place)),
        access_(std::move(access)),
        action_(action),
        from_(std::move(from)) {}

  const Place& place() const { return place_; }
  /// The response, after challenges and redirects. Credentials are sent to the registry's own origin only.
  /// Errors: those of HttpClient::fetch; (environment) no token; too many redirects.
  Result<net::HttpResponse> send(net::HttpRequest request);
  /// The Authorization header to send now; empty: none is known to be needed.
  std::string authorization();
  const std::shared_ptr<const net::Trust>& trust() const { return access_.trust; }

 private:
  Result<bool> authenticate(const net::HttpResponse& response, const std::string& used);
  Result<std::string> fetch_token(const BearerChallenge& challenge);

  net::HttpClient& http_;
  Place place_;
  Access access_;
  Action action_;
  std::vector<std::string> from_;
  std::mutex mutex_;
  std::string authorization_;
};

}  // namespace launch::registry
