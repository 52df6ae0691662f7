#pragma once

#include <cstdint>
#include <stop_token>

#include "base/process.hpp"
#include "base/result.hpp"
#include "project/lockfile.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// The properties of this machine that a plan depends on.
struct Machine {
  unsigned cpus = 1;         ///< that this process may use
  std::uint64_t memory = 0;  ///< bytes
  int gpus = 0;              ///< NVIDIA devices
};

/// Reads scheduler affinity, physical memory, and /dev/nvidia0 and up.
Machine this_machine();

/// Asks nvidia-smi for this machine's driver and GPUs, if a run uses any of them, and compares them with what
/// the locked torch needs. Errors: those of pytorch::check_gpus; none if nvidia-smi cannot tell.
Result<void> check_gpus(const Plan& plan, const project::Lockfile& lock, ProcessRunner& runner,
                        std::stop_token stop = {});

}  // namespace launch::train
