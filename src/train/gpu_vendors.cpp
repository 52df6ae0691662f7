#include "train/gpu_vendors.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "base/text.hpp"
#include "fabric/read_kfd.hpp"

namespace launch::train {
namespace {

using Names = std::span<const std::string_view>;

std::vector<pytorch::Gpu> find_nvidia(const fabric::Tree& tree) {
  std::vector<std::uint64_t> numbers;
  for (const auto& name : tree.names("dev")) {
    // nvidiactl, nvidia-uvm and nvidia-modeset are not GPUs.
    if (!name.starts_with("nvidia")) continue;
    if (const auto number = parse_u64(std::string_view(name).substr(6))) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<pytorch::Gpu> gpus;
  gpus.reserve(numbers.size());
  for (const auto number : numbers) gpus.push_back({.index = std::to_string(number)});
  return gpus;
}

std::vector<pytorch::Gpu> ask_nvidia(ProcessRunner& runner, std::stop_token stop) {
  // nvidia-smi does not return while a GPU hangs.
  const auto asked =
      runner.run({.argv = pytorch::gpu_query(), .timeout = std::chrono::seconds(10)}, std::move(stop));
  if (!asked || !asked->ok()) return {};
  return pytorch::parse_gpus(asked->out);
}

std::vector<pytorch::Gpu> find_amd(const fabric::Tree& tree) {
  std::vector<pytorch::Gpu> gpus;
  for (auto& each : fabric::read_kfd(tree)) {
    gpus.push_back({.index = std::to_string(gpus.size()),
                    .uuid = std::move(each.uuid),
                    .name = "AMD " + each.target,
                    .used = each.used,
                    .memory = each.memory,
                    .address = std::move(each.address),
                    .device = std::move(each.device)});
  }
  return gpus;
}

constexpr std::array<std::string_view, 2> kOfCuda{"CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"};
constexpr std::array<Names, 1> kNvidia{kOfCuda};

/// https://rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html; HIP counts what ROCr leaves, and reads
/// CUDA's variable if its own is not set.
constexpr std::array<std::string_view, 1> kOfRocr{"ROCR_VISIBLE_DEVICES"};
constexpr std::array<std::string_view, 2> kOfHip{"HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"};
constexpr std::array<Names, 2> kAmd{kOfRocr, kOfHip};

/// Of AMD, a container needs device files:
/// https://rocm.docs.amd.com/projects/install-on-linux/en/latest/how-to/docker.html
constexpr std::array<GpuVendor, 2> kVendors{{
    {specs::Accelerator::Kind::cuda, "NVIDIA", "NCCL", "NVLink", "nvidia-smi -L", "/dev/nvidia*", kNvidia, "",
     "", true, find_nvidia, ask_nvidia},
    {specs::Accelerator::Kind::rocm, "AMD", "RCCL", "Infinity Fabric", "amd-smi list", "/sys/class/kfd", kAmd,
     "/dev/kfd", "/dev/dri", false, find_amd, nullptr},
}};

}  // namespace

std::span<const GpuVendor> gpu_vendors() {
  return kVendors;
}

const GpuVendor* gpu_vendor(const specs::Accelerator& accelerator) {
  const auto* found = std::find_if(kVendors.begin(), kVendors.end(),
                                   [&](const GpuVendor& each) { return each.kind == accelerator.kind(); });
  return found == kVendors.end() ? nullptr : found;
}

}  // namespace launch::train
