#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace launch::specs {

/// Where a registry's images are really pulled from: a site's [[registry]] entry, with the meaning of an
/// entry in containers-registries.conf(5).
struct RegistryMirror {
  std::string prefix;     ///< "docker.io", or a part of a registry: "docker.io/nvidia"
  std::string location;   ///< "127.0.0.1:5000", "mirror.example/hub"
  bool insecure = false;  ///< plain HTTP and certificates that are not trusted are accepted

  friend bool operator==(const RegistryMirror&, const RegistryMirror&) = default;
};

/// Where one image is really pulled from.
struct MirroredName {
  std::string name;  ///< "mirror.example/hub/nvidia/cuda"
  bool insecure = false;
};

/// Where to pull `name` ("docker.io/nvidia/cuda") by the entry with the longest matching prefix of whole
/// parts; nullopt if none matches.
std::optional<MirroredName> mirrored(std::string_view name, const std::vector<RegistryMirror>& mirrors);

}  // namespace launch::specs
