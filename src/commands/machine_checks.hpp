#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "commands/doctor.hpp"
#include "containers/engine.hpp"
#include "project/lockfile.hpp"

namespace launch::commands {

/// What the checks of a machine look at.
struct CheckedMachine {
  std::filesystem::path root = "/";  ///< of sysfs, procfs and the engines' files; or a recorded tree
  int gpus = 0;                      ///< NVIDIA devices
  std::string device = {};           ///< that containers need for other GPUs: "/dev/kfd"; empty: none
  std::optional<std::uint64_t> locked_memory = {};  ///< that a process may lock, in bytes; nullopt: no limit
  std::optional<containers::EngineInfo> engine = {};
  /// The project's locks.
  struct Lock {
    std::string name;
    project::Lockfile lock;
  };
  std::vector<Lock> locks = {};
};

/// What containers with GPUs and the networks of runs need of a machine, as far as it is there to be checked:
/// the driver, the GPUs' device, the engine's parts, NVIDIA's fabric manager, memory for RDMA, torchrun's
/// port.
std::vector<Finding> check_machine(const CheckedMachine& machine, ProcessRunner& runner,
                                   const std::stop_token& stop);

}  // namespace launch::commands
