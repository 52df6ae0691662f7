#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "specs/gpu_set.hpp"
#include "train/machine.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// Distributes the GPUs of one machine among the nodes of a plan, all on that machine, and sets ranks,
/// backend and notes. Devices by name are divided among the nodes. Nodes get different GPUs if there are
/// enough; else they share them, and NCCL is configured to see one host per node. A torch that is not built
/// for these GPUs gets none. Pure. Errors (input): more GPUs requested than may be used, a device that does
/// not exist, is hidden, or is divided into MIG instances; GPUs for a torch that cannot use them.
Result<void> share_gpus(Plan& plan, const PlanRequest& request, const MachineGpus& gpus);

/// Another run on this machine.
struct GpuUser {
  std::string run;
  specs::GpuSet gpus = specs::GpuSet::none();  ///< all, or devices
};

/// A warning for each GPU of a plan that another run, or another program, uses. Pure.
std::vector<std::string> busy_gpus(const Plan& plan, const MachineGpus& gpus,
                                   const std::vector<GpuUser>& others);

}  // namespace launch::train
