#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "base/process.hpp"
#include "base/result.hpp"
#include "project/lockfile.hpp"
#include "pytorch/gpu_needs.hpp"
#include "specs/gpu_set.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// The properties of this machine that a plan depends on.
struct Machine {
  unsigned cpus = 1;         ///< that this process may use
  std::uint64_t memory = 0;  ///< bytes
  int gpus = 0;              ///< NVIDIA devices
  std::uint64_t files = 0;   ///< that a process may have open at most; 0: unknown
};

/// Reads scheduler affinity, physical memory, and /dev/nvidia0 and up.
Machine this_machine();

/// What nvidia-smi says of this machine's GPUs; empty if it cannot tell.
std::vector<pytorch::Gpu> ask_gpus(ProcessRunner& runner, std::stop_token stop = {});

/// Compares GPUs of this machine with what the locked torch needs. `used` is never a number. Errors: those of
/// pytorch::check_gpus.
Result<void> check_gpus(const project::Lockfile& lock, std::span<const pytorch::Gpu> gpus,
                        const specs::GpuSet& used);

/// The same for the GPUs of a run on this machine, which are asked for if it uses any. Errors: the same; none
/// if nvidia-smi cannot tell.
Result<void> check_gpus(const Plan& plan, const project::Lockfile& lock, ProcessRunner& runner,
                        std::stop_token stop = {});

}  // namespace launch::train
