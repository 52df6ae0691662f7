#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "net/http.hpp"
#include "specs/image_reference.hpp"
#include "specs/platform.hpp"
#include "specs/registry_mirror.hpp"

namespace launch::registry {

/// A registry's description of an image; nothing is pulled.
struct RemoteImage {
  std::optional<Digest> digest;               ///< of what the tag names: an index, or one manifest
  std::map<std::string, Digest> platforms;    ///< "linux/amd64" → digest of that manifest
  std::map<std::string, std::string> labels;  ///< of the configuration of the requested (or first) platform
  std::vector<std::string> environment;       ///< "NAME=value", of the same
  std::string user = {};                      ///< of the same: whom it runs as; empty if it does not say so
  std::string created = {};                   ///< of the same: when, RFC 3339; empty if it does not say so
};

/// Images by the OCI distribution protocol (v2), at the places and with the credentials of ask_in_turn.
class OciRegistry {
 public:
  /// All but `mirrors` must outlive the object.
  OciRegistry(net::HttpClient& http, std::vector<specs::RegistryMirror> mirrors,
              const Environment& environment, ProcessRunner& runner)
      : http_(&http), mirrors_(std::move(mirrors)), environment_(&environment), runner_(&runner) {}

  /// Looks an image up for a platform; nullopt if the registry does not have it.
  /// Errors (unusable): the registry does not let this user read it; (environment): the registry does not
  /// answer, or with an error; the message names its address; those of ask_in_turn.
  Result<std::optional<RemoteImage>> find(const specs::ImageReference& reference,
                                          const specs::Platform& platform);

 private:
  net::HttpClient* http_;
  std::vector<specs::RegistryMirror> mirrors_;
  const Environment* environment_;
  ProcessRunner* runner_;
};

}  // namespace launch::registry
