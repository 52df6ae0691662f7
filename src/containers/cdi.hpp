#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace launch::containers {

/// What a specification of CDI (cncf-tags/container-device-interface) says of NVIDIA's GPUs.
struct CdiSpec {
  std::vector<std::string> devices;  ///< "all", "0", "GPU-5f3c…"
  std::vector<std::string> files;    ///< of the machine, that containers get: the driver's libraries
};

/// Parses YAML as `nvidia-ctk cdi generate` writes it, or JSON. Without devices if it is of another kind than
/// nvidia.com/gpu, or no specification.
CdiSpec parse_cdi(std::string_view text);

}  // namespace launch::containers
