#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fabric/tree.hpp"

namespace launch::fabric {

/// A GPU that AMD's compute driver offers to programs.
struct KfdGpu {
  std::string uuid;                          ///< "GPU-8af705259683161c", as ROCm names it; empty: it has none
  std::string target;                        ///< of its compiler: "gfx942"; empty: unknown
  std::string device;                        ///< its file: "/dev/dri/renderD128"; empty: it has none
  std::string address;                       ///< on the PCI bus: "0000:c1:00"
  std::optional<std::uint64_t> memory = {};  ///< bytes; nullopt: unknown
  std::optional<std::uint64_t> used = {};    ///< bytes of it; the same
};

/// The folder that it reads.
inline constexpr const char* kKfd = "/sys/class/kfd/kfd/topology/nodes";

/// In the driver's order, by which ROCm counts them. Nodes without SIMD units are CPUs. Sources: node_show in
/// drivers/gpu/drm/amd/amdkfd/kfd_topology.c of Linux; libhsakmt/src/topology.c and the UUIDs of
/// amd_gpu_agent.cpp in ROCm/ROCR-Runtime; mem_info_vram_… in Linux'
/// Documentation/gpu/amdgpu/driver-misc.rst.
std::vector<KfdGpu> read_kfd(const Tree& tree);

}  // namespace launch::fabric
