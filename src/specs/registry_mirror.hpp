#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace launch::specs {

/// Where images of a registry really come from: a site's [[registry]] entry, which means what an entry of
/// containers-registries.conf(5) does.
struct RegistryMirror {
  std::string prefix;     ///< "docker.io", or a part of a registry: "docker.io/nvidia"
  std::string location;   ///< "127.0.0.1:5000", "mirror.example/hub"
  bool insecure = false;  ///< plain HTTP

  friend bool operator==(const RegistryMirror&, const RegistryMirror&) = default;
};

/// Where one image name really lies.
struct MirroredName {
  std::string name;  ///< "mirror.example/hub/nvidia/cuda"
  bool insecure = false;
};

/// What stands for `name` ("docker.io/nvidia/cuda") by the entry with the longest prefix of whole parts;
/// nullopt if there is none.
std::optional<MirroredName> mirrored(std::string_view name, const std::vector<RegistryMirror>& mirrors);

}  // namespace launch::specs
