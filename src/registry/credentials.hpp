#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "net/http.hpp"

namespace launch::registry {

/// A user of a registry.
struct Login {
  std::string user = {};
  std::string password = {};
  std::string identity_token = {};  ///< exchanged for other tokens instead of user and password

  friend bool operator==(const Login&, const Login&) = default;
};

/// What an auth.json or docker's config.json says.
struct AuthFile {
  std::map<std::string, Login> logins = {};         ///< by "registry.example" or "registry.example/team"
  std::map<std::string, std::string> helpers = {};  ///< registry → NAME of docker-credential-NAME
  std::string store = {};                           ///< NAME of the helper for all other registries
};

/// Parses containers-auth.json(5). Errors (input): not such a file; `shown` names it.
Result<AuthFile> parse_auth_file(std::string_view text, std::string_view shown);

/// The user for an image's name ("registry.example/team/demo"), as podman and then docker find it:
/// $REGISTRY_AUTH_FILE alone, else $XDG_RUNTIME_DIR/containers/auth.json, containers/auth.json in
/// $XDG_CONFIG_HOME or ~/.config, and config.json in $DOCKER_CONFIG or ~/.docker; in each the registry's
/// helper, the most specific entry, the helper for all. nullopt: none, so the registry is asked anonymously.
/// Errors (input): a malformed file; (environment): a file cannot be read, a helper fails.
Result<std::optional<Login>> find_login(std::string_view name, const Environment& environment,
                                        ProcessRunner& runner);

/// The certificates for a registry ("registry.example:5000") from the first of ~/.config/containers/certs.d,
/// /etc/containers/certs.d and /etc/docker/certs.d that has a folder of that name: *.crt are authorities,
/// *.cert and *.key this client's. nullptr: none. `root` stands for "/". Errors (environment): a file cannot
/// be read; (input): a certificate without its key, or the reverse.
Result<std::shared_ptr<const net::Trust>> find_trust(std::string_view registry,
                                                     const Environment& environment,
                                                     const std::filesystem::path& root = "/");

}  // namespace launch::registry
