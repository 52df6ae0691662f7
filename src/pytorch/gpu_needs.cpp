#include "pytorch/gpu_needs.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pytorch/toolkits.hpp"
#include "specs/version.hpp"

namespace launch::pytorch {
namespace {

/// False if either is not a version.
bool is_older(const std::string& found, const std::string& least) {
  const auto a = specs::Version::parse(found);
  const auto b = specs::Version::parse(least);
  return a && b && *a < *b;
}

/// As nvidia-smi counts memory without units; nullopt for "[N/A]".
std::optional<std::uint64_t> mebibytes(std::string_view cell) {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 32;
  const auto count = parse_u64(cell);
  if (!count || *count > kMost) return std::nullopt;
  return *count * kMiB;
}

/// As the kernel's log has it: nvidia-smi's domain has 8 digits, and a function follows ("00000000:3B:00.0").
std::string address_of(std::string_view bus) {
  constexpr std::size_t kLong = 16;
  if (bus.size() != kLong) return {};
  return to_lower(bus.substr(4, kLong - 6));
}

}  // namespace

GpuNeeds gpu_needs(const specs::Accelerator& accelerator) {
  const auto toolkit = cuda_toolkit(accelerator);
  if (!toolkit) return {};
  GpuNeeds needs{accelerator.version(), toolkit->driver_floor, {}};
  // Another release of the same major version may have wheels for other GPUs.
  if (toolkit->accelerator == accelerator) needs.gpu_floor = toolkit->gpu_floor;
  return needs;
}

bool has_gpu(const specs::GpuSet& set, const Gpu& gpu) {
  if (set.kind() != specs::GpuSet::Kind::devices) return set.kind() == specs::GpuSet::Kind::all;
  const auto& devices = set.devices();
  return std::any_of(devices.begin(), devices.end(), [&](const auto& device) {
    return device == gpu.index || (!gpu.uuid.empty() && device == gpu.uuid);
  });
}

std::vector<std::string> gpu_query() {
  return {"nvidia-smi",
          "--query-gpu=index,uuid,driver_version,compute_cap,name,memory.used,memory.total,mig.mode.current,"
          "pci.bus_id",
          "--format=csv,noheader,nounits"};
}

std::vector<Gpu> parse_gpus(std::string_view text) {
  constexpr std::size_t kLeast = 4;
  constexpr std::size_t kMost = 9;
  std::vector<Gpu> gpus;
  for (const auto line : lines(text)) {
    const auto cells = split(line, ',');
    if (cells.size() < kLeast || cells.size() > kMost || !parse_u64(trim(cells[0]))) continue;
    const auto cell = [&](std::size_t at) {
      return at < cells.size() ? trim(cells[at]) : std::string_view();
    };
    gpus.push_back({.index = std::string(cell(0)),
                    .uuid = std::string(cell(1)),
                    .driver = std::string(cell(2)),
                    .capability = std::string(cell(3)),
                    .name = std::string(cell(4)),
                    .used = mebibytes(cell(5)),
                    .memory = mebibytes(cell(6)),
                    .divided = cell(7) == "Enabled",
                    .address = address_of(cell(8))});
  }
  return gpus;
}

Result<void> check_gpus(const GpuNeeds& needs, std::span<const Gpu> gpus, const specs::GpuSet& used) {
  for (const auto& gpu : gpus) {
    if (is_older(gpu.driver, needs.driver_floor)) {
      return fail(environment_error(fmt::format("this machine has the NVIDIA driver {}, but the locked torch "
                                                "is built for CUDA {}, which needs {} or newer",
                                                gpu.driver, needs.cuda, needs.driver_floor))
                      .hint(fmt::format("install a driver of at least {}, or lock a torch for an older CUDA",
                                        needs.driver_floor)));
    }
    if (has_gpu(used, gpu) && is_older(gpu.capability, needs.gpu_floor)) {
      return fail(
          environment_error(fmt::format("GPU {} has compute capability {}, but the wheels for CUDA {} "
                                        "are built for {} and newer",
                                        gpu.index, gpu.capability, needs.cuda, needs.gpu_floor))
              .hint("choose other GPUs with --gpus, or lock a torch for an older CUDA"));
    }
  }
  return {};
}

}  // namespace launch::pytorch
