#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace launch::specs {

/// How an image is named: mirrors may be used for one of these only.
enum class NamedBy { tag, digest };

/// A [[registry]] of a machine's registries.conf, containers-registries.conf(5).
struct MachineRegistry {
  struct Mirror {
    std::string location;
    bool insecure = false;
    bool for_tags = true;
    bool for_digests = true;

    friend bool operator==(const Mirror&, const Mirror&) = default;
  };
  std::string prefix;  ///< "docker.io", a part of a registry such as "docker.io/nvidia", or "*.example.com"
  std::string location = {};         ///< instead of the prefix; empty: the name stays
  bool insecure = false;             ///< plain HTTP and certificates that are not trusted are accepted
  bool blocked = false;              ///< not to be used
  std::vector<Mirror> mirrors = {};  ///< asked first, in this order
  std::string file = {};             ///< that says so

  friend bool operator==(const MachineRegistry&, const MachineRegistry&) = default;
};

/// Where an image can be reached.
struct Endpoint {
  std::string name;       ///< "mirror.example/hub/nvidia/cuda"
  bool insecure = false;  ///< as that of MachineRegistry
  std::string file = {};  ///< of the machine that says so; empty: the site, or nothing does
};

/// The entry for an image's name ("docker.io/nvidia/cuda"): that with the longest match; null if none
/// matches.
const MachineRegistry* registry_of(std::string_view name, const std::vector<MachineRegistry>& registries);

/// Where to pull `name` by an entry that matches it: its mirrors, then its location.
std::vector<Endpoint> places_of(std::string_view name, const MachineRegistry& registry, NamedBy by);

}  // namespace launch::specs
