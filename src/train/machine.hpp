#pragma once

#include <cstdint>

namespace launch::train {

/// The properties of this machine that a plan depends on.
struct Machine {
  unsigned cpus = 1;         ///< that this process may use
  std::uint64_t memory = 0;  ///< bytes
  int gpus = 0;              ///< NVIDIA devices
};

/// Reads scheduler affinity, physical memory, and /dev/nvidia0 and up.
Machine this_machine();

}  // namespace launch::train
