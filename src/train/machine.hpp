#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <stop_token>
#include <vector>

#include "base/process.hpp"
#include "base/result.hpp"
#include "containers/engine.hpp"
#include "project/lockfile.hpp"
#include "pytorch/gpu_needs.hpp"
#include "specs/gpu_set.hpp"
#include "train/gpu_vendors.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// The GPUs of a machine that one kind of torch can use.
struct MachineGpus {
  const GpuVendor* vendor = gpu_vendors().data();  ///< NVIDIA by default
  std::vector<pytorch::Gpu> usable = {};           ///< those that a run may use, in the driver's order
  std::vector<pytorch::Gpu> hidden = {};           ///< those that `limit` hides
  std::string limit = {};                          ///< "CUDA_VISIBLE_DEVICES=2,3"; empty: none is set
  /// The driver's numbers are not those of the devices: engines that know all GPUs of the machine would give
  /// others. So when this process sees only some of them.
  bool renumbered = false;

  /// Those of the machine; instances are parts of one.
  std::size_t existing() const;
  bool knows_uuids() const { return !usable.empty() && !usable.front().uuid.empty(); }
  /// What an engine knows it by: its index, or its UUID where the index may be another GPU's.
  const std::string& name_of(const pytorch::Gpu& gpu) const;
};

/// Those that the files of a machine show, below its root.
MachineGpus find_gpus(const GpuVendor& vendor, const std::filesystem::path& root = "/");

/// The groups, other than root's, whose members may use these devices: files or folders of them.
std::vector<unsigned> groups_of(std::span<const std::string> devices);

/// How a container gets all GPUs of the machine; it gets none if there are none.
containers::GpuAccess access_to_all(const MachineGpus& gpus);

/// Replaces what files say about GPUs with what the driver's own tool says, if there is one and it says
/// anything.
void complete_gpus(MachineGpus& gpus, ProcessRunner& runner, std::stop_token stop = {});

/// Leaves those that the vendor's variables name, such as CUDA_VISIBLE_DEVICES, else NVIDIA_VISIBLE_DEVICES:
/// schedulers and people assign GPUs with them. Empty, "-1" and, for NVIDIA's, "none" and "void" hide all.
/// Errors (input): a GPU that does not exist, where CUDA would silently stop reading.
Result<void> limit_gpus(MachineGpus& gpus,
                        const std::map<std::string, std::string, std::less<>>& environment);

/// The properties of this machine that a plan depends on.
struct Machine {
  unsigned cpus = 1;         ///< that this process may use
  std::uint64_t memory = 0;  ///< bytes
  MachineGpus gpus = {};
  std::uint64_t files = 0;  ///< that a process may have open at most; 0: unknown
};

/// Reads scheduler affinity, physical memory, and the GPUs: NVIDIA's, or the first vendor's that it has any
/// of; of NVIDIA's, only the numbers.
Machine this_machine();

/// What nvidia-smi says about the GPUs here; empty if it fails.
std::vector<pytorch::Gpu> ask_gpus(ProcessRunner& runner, std::stop_token stop = {});

/// Compares GPUs of this machine with what the locked torch needs. `used` is never a number. Errors: those of
/// pytorch::check_gpus.
Result<void> check_gpus(const project::Lockfile& lock, std::span<const pytorch::Gpu> gpus,
                        const specs::GpuSet& used);

/// The same for the GPUs of a plan on this machine.
Result<void> check_gpus(const Plan& plan, const project::Lockfile& lock, const MachineGpus& gpus);

}  // namespace launch::train
