#include "fabric/topology.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "specs/scanner.hpp"

namespace launch::fabric {
namespace {

using specs::is_digit;

constexpr unsigned kNvidia = 0x10de;
constexpr unsigned kAmd = 0x1002;

struct Model {
  unsigned device;
  const char* name;
};
// pci-ids: the GPUs of machines with an RDMA fabric.
constexpr Model kModels[] = {
    {0x1db1, "V100 SXM2 16GB"}, {0x1db5, "V100 SXM2 32GB"},
    {0x20b0, "A100 SXM4 40GB"}, {0x20b2, "A100 SXM4 80GB"},
    {0x20b5, "A100 PCIe 80GB"}, {0x20f1, "A100 PCIe 40GB"},
    {0x2330, "H100 SXM5 80GB"}, {0x2331, "H100 PCIe 80GB"},
    {0x2335, "H200 SXM 141GB"}, {0x2342, "GH200 480GB"},
    {0x2901, "B200"},           {0x2941, "GB200"},
    {0x26b9, "L40S"},           {0x27b8, "L4"},
};

/// The digits at the start.
std::string_view digits_at(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  return text.substr(0, length);
}

std::string_view without_zeros(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

}  // namespace

bool Gid::is_roce_v2_ipv4() const {
  return type == "RoCE v2" && value.starts_with("0000:0000:0000:0000:0000:ffff:");
}

std::string_view kind_name(NicKind kind) {
  switch (kind) {
    case NicKind::physical:
      return "physical";
    case NicKind::bond:
      return "bond";
    case NicKind::vlan:
      return "VLAN";
    case NicKind::bridge:
      return "bridge";
    case NicKind::loopback:
      return "loopback";
    case NicKind::other:
      break;
  }
  return "virtual";
}

std::string gpu_name(const Gpu& gpu) {
  const auto vendor = gpu.pci.vendor == kNvidia ? "NVIDIA" : gpu.pci.vendor == kAmd ? "AMD" : "unknown";
  if (gpu.pci.vendor == kNvidia) {
    const auto* model = std::find_if(std::begin(kModels), std::end(kModels),
                                     [&](const Model& each) { return each.device == gpu.pci.device; });
    if (model != std::end(kModels)) return fmt::format("{} {}", vendor, model->name);
  }
  return fmt::format("{} {:04x}:{:04x}", vendor, gpu.pci.vendor, gpu.pci.device);
}

const Nic* find_nic(const Topology& topology, std::string_view name) {
  const auto found = std::find_if(topology.nics.begin(), topology.nics.end(),
                                  [&](const Nic& nic) { return nic.name == name; });
  return found == topology.nics.end() ? nullptr : &*found;
}

std::string_view distance_name(Distance distance) {
  switch (distance) {
    case Distance::same_switch:
      return "PIX";
    case Distance::switches:
      return "PXB";
    case Distance::host_bridge:
      return "PHB";
    case Distance::numa_node:
      return "NODE";
    case Distance::system:
      return "SYS";
    case Distance::unknown:
      break;
  }
  return "unknown";
}

std::string distance_text(Distance distance) {
  switch (distance) {
    case Distance::same_switch:
      return "same PCI switch as a GPU (PIX)";
    case Distance::switches:
      return "several PCI switches from a GPU (PXB)";
    case Distance::host_bridge:
      return "same PCI host bridge as a GPU (PHB)";
    case Distance::numa_node:
      return "same NUMA node as a GPU (NODE)";
    case Distance::system:
      return "another NUMA node than any GPU (SYS)";
    case Distance::unknown:
      break;
  }
  return "distance to GPUs unknown";
}

Distance distance_of(const PciPlace& one, const PciPlace& other) {
  if (one.path.size() < 2 || other.path.size() < 2) return Distance::unknown;
  if (one.path.front() != other.path.front()) {
    if (!one.numa || !other.numa) return Distance::unknown;
    return *one.numa == *other.numa ? Distance::numa_node : Distance::system;
  }
  const auto differ = std::mismatch(one.path.begin(), one.path.end(), other.path.begin(), other.path.end());
  if (differ.first == one.path.begin() + 1) return Distance::host_bridge;
  // Below the bridge that both share, a switch has a downstream port for each of its devices.
  constexpr auto kBelowOneSwitch = 2;
  const bool same =
      one.path.end() - differ.first <= kBelowOneSwitch && other.path.end() - differ.second <= kBelowOneSwitch;
  return same ? Distance::same_switch : Distance::switches;
}

std::string switch_of(const PciPlace& place) {
  constexpr std::size_t kWithBridge = 3;
  return place.path.size() >= kWithBridge ? place.path[1] : std::string();
}

bool name_less(std::string_view one, std::string_view other) {
  while (!one.empty() && !other.empty()) {
    if (is_digit(one.front()) && is_digit(other.front())) {
      const auto left = without_zeros(digits_at(one));
      const auto right = without_zeros(digits_at(other));
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
      one.remove_prefix(digits_at(one).size());
      other.remove_prefix(digits_at(other).size());
      continue;
    }
    if (one.front() != other.front()) return one.front() < other.front();
    one.remove_prefix(1);
    other.remove_prefix(1);
  }
  return one.size() < other.size();
}

}  // namespace launch::fabric
