#pragma once

#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/process.hpp"
#include "fabric/tree.hpp"
#include "pytorch/gpu_needs.hpp"
#include "specs/accelerator.hpp"

namespace launch::train {

/// A GPU vendor for which PyTorch has builds.
struct GpuVendor {
  specs::Accelerator::Kind kind;  ///< of these builds
  std::string_view name;          ///< "NVIDIA"
  std::string_view library;       ///< what torch's backend "nccl" is: "NCCL"
  std::string_view links;         ///< between GPUs of a machine: "NVLink"
  std::string_view lists;         ///< the command that lists GPUs: "nvidia-smi -L"
  std::string_view origin;        ///< where they are found: "/dev/nvidia*"
  /// Variables by which people and schedulers choose GPUs. Each list chooses among what the one before
  /// leaves; of a list, the first that is set counts.
  std::span<const std::span<const std::string_view>> chosen_by;
  /// The device that all containers with GPUs get, and the folder of the GPUs' own devices; empty if engines
  /// know GPUs by their names.
  std::string_view device;
  std::string_view devices;
  /// Its driver writes errors to the kernel's log as Xids (xid.hpp).
  bool has_xids;
  /// Finds a machine's GPUs through its files; the tree is the machine's root.
  std::vector<pytorch::Gpu> (*find)(const fabric::Tree& tree);
  /// Asks the driver's own tool for more; null if `find` finds all. Empty if the tool fails.
  std::vector<pytorch::Gpu> (*ask)(ProcessRunner& runner, std::stop_token stop);
};

/// The first is NVIDIA. A new kind of accelerator with GPUs costs one row.
std::span<const GpuVendor> gpu_vendors();
/// That of a build; null if it uses no GPU, or none that `launch` knows how to give to containers.
const GpuVendor* gpu_vendor(const specs::Accelerator& accelerator);

}  // namespace launch::train
