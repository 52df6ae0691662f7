#pragma once

#include <cstdint>

namespace launch::train {

/// What of this machine a plan depends on.
struct Machine {
  unsigned cpus = 1;         ///< that this process may use
  std::uint64_t memory = 0;  ///< bytes
  int gpus = 0;              ///< NVIDIA devices
};

/// Looks: scheduler affinity, physical memory, /dev/nvidia0 and up.
Machine this_machine();

}  // namespace launch::train
