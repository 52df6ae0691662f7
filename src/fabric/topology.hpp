#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fabric/address.hpp"

namespace launch::fabric {

/// Where a device is on the PCI bus.
struct PciPlace {
  /// From the root complex on: "pci0000:15", "0000:15:01.0", …, and last the device itself. Empty if it is
  /// not on a PCI bus.
  std::vector<std::string> path = {};
  std::optional<int> numa = {};  ///< nullopt if the kernel does not know
  unsigned vendor = 0;           ///< PCI vendor ID, 0 if unknown
  unsigned device = 0;           ///< PCI device ID

  /// "0000:18:00.0"; empty if it is not on a PCI bus.
  std::string address() const { return path.size() > 1 ? path.back() : std::string(); }
};

struct Gpu {
  PciPlace pci = {};
};

/// An entry of an RDMA port's table of global identifiers.
struct Gid {
  int index = 0;
  std::string value = {};   ///< "0000:0000:0000:0000:0000:ffff:0a00:0001"
  std::string type = {};    ///< "IB/RoCE v1" or "RoCE v2"; empty if unknown
  std::string netdev = {};  ///< the interface that it belongs to; empty if none

  /// RoCE v2 with an address of IPv4, the one that NCCL looks for.
  bool is_roce_v2_ipv4() const;
};

struct Port {
  int number = 1;
  std::string state = {};       ///< "ACTIVE", "DOWN", "INIT", "ARMED"
  std::string link_layer = {};  ///< "InfiniBand" or "Ethernet"
  unsigned rate = 0;            ///< Gb/s, 0 if unknown
  std::vector<Gid> gids = {};   ///< those that are not zero

  bool active() const { return state == "ACTIVE"; }
};

/// A device of /sys/class/infiniband.
struct Hca {
  std::string name = {};  ///< "mlx5_0"
  PciPlace pci = {};
  bool is_efa = false;               ///< AWS' adapter, which NCCL's verbs do not drive
  bool is_virtual_function = false;  ///< and the machine has the physical function as well
  std::vector<Port> ports = {};
  std::vector<std::string> netdevs = {};  ///< network interfaces of the same PCI device
};

enum class NicKind { physical, bond, vlan, bridge, loopback, other };

/// A device of /sys/class/net.
struct Nic {
  std::string name = {};
  NicKind kind = NicKind::other;        ///< other: tunnels, veth, dummies
  bool up = false;                      ///< operational state "up", or "unknown" with a carrier
  unsigned speed = 0;                   ///< Mb/s, 0 if unknown
  std::string driver = {};              ///< empty if unknown
  std::string master = {};              ///< the bond or bridge that it belongs to
  std::vector<std::string> lower = {};  ///< what a bond, VLAN or bridge is made of
  std::vector<IpAddress> addresses = {};
  PciPlace pci = {};
};

struct Route {
  std::string interface = {};
  IpAddress destination = {};
  unsigned prefix = 0;  ///< bits; 0 is the default route
  bool gateway = false;
  std::uint32_t metric = 0;
};

/// What DMI says of the machine; empty if unknown.
struct Machine {
  std::string vendor = {};
  std::string product = {};
  std::string board = {};
  std::string asset_tag = {};  ///< of the chassis
};

/// An address of this machine of which procfs does not say the interface, since several are in its network.
struct SharedAddress {
  IpAddress address = {};
  std::vector<std::string> interfaces = {};
};

/// Whatever of a machine decides how NCCL should be set up.
struct Topology {
  Machine machine;
  std::vector<Gpu> gpus = {};  ///< by address
  std::vector<Hca> hcas = {};  ///< by name, the digits as numbers
  std::vector<Nic> nics = {};
  std::vector<SharedAddress> shared_addresses = {};
  std::size_t nvswitches = 0;  ///< PCI devices of NVIDIA that connect GPUs
  std::vector<Route> routes = {};
  std::vector<std::string> files = {};  ///< those that the presets name and that exist
};

std::string_view kind_name(NicKind kind);
/// "NVIDIA H100 SXM", or vendor and IDs if the model is unknown.
std::string gpu_name(const Gpu& gpu);
/// The interface of that name; null if there is none.
const Nic* find_nic(const Topology& topology, std::string_view name);

/// How far two devices are apart, as NCCL names it.
enum class Distance {
  same_switch,  ///< PIX: below one PCI switch
  switches,     ///< PXB: several switches, without crossing a host bridge
  host_bridge,  ///< PHB: below one host bridge, through the CPU
  numa_node,    ///< NODE: several host bridges of one NUMA node
  system,       ///< SYS: between NUMA nodes
  unknown,
};
std::string_view distance_name(Distance distance);
/// "same PCI switch as a GPU (PIX)"
std::string distance_text(Distance distance);
Distance distance_of(const PciPlace& one, const PciPlace& other);
/// The uppermost PCI bridge above a device, below which a switch's devices are: "0000:15:01.0". Empty for a
/// device directly below the host bridge.
std::string switch_of(const PciPlace& place);

/// Orders names by their text, and by value where both have digits: mlx5_2 before mlx5_10.
bool name_less(std::string_view one, std::string_view other);

}  // namespace launch::fabric
