#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "specs/accelerator.hpp"
#include "specs/gpu_set.hpp"

namespace launch::pytorch {

/// What a build of torch needs of the machine that runs it.
struct GpuNeeds {
  std::string cuda;          ///< "12.8"; empty for a build without CUDA
  std::string driver_floor;  ///< least driver; empty if unknown
  std::string gpu_floor;     ///< least compute capability, "7.0"; empty if unknown
};
/// From the table of CUDA releases.
GpuNeeds gpu_needs(const specs::Accelerator& accelerator);

/// A GPU of a machine.
struct Gpu {
  std::string index = {};                    ///< "0"
  std::string uuid = {};                     ///< "GPU-5f3c…"
  std::string driver = {};                   ///< "535.183.01"
  std::string capability = {};               ///< "9.0"
  std::string name = {};                     ///< "NVIDIA H100 80GB HBM3"; empty if unknown
  std::optional<std::uint64_t> used = {};    ///< bytes of its memory; nullopt if unknown
  std::optional<std::uint64_t> memory = {};  ///< bytes; the same
  bool divided = false;                      ///< into MIG instances
  std::string address = {};                  ///< on the PCI bus, "0000:3b:00"; empty if unknown
  std::string device = {};                   ///< its file, "/dev/dri/renderD128"; AMD GPUs only
};

/// True if a set has that GPU, by index or UUID: all, or devices; a number says nothing about one.
bool has_gpu(const specs::GpuSet& set, const Gpu& gpu);

/// The command whose output parse_gpus reads.
std::vector<std::string> gpu_query();
/// Lines that are something else are left out.
std::vector<Gpu> parse_gpus(std::string_view text);

/// Compares what a run uses with what it needs; unknown values pass. `used` is never a number.
/// Errors (environment): the driver or a GPU that is used is older than the least.
Result<void> check_gpus(const GpuNeeds& needs, std::span<const Gpu> gpus, const specs::GpuSet& used);

}  // namespace launch::pytorch
