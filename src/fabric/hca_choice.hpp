#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fabric/topology.hpp"

namespace launch::fabric {

/// Whether a port is used, and why.
struct PortVerdict {
  std::string hca;
  int port = 1;
  bool chosen = false;
  std::string reason;
};

struct HcaChoice {
  std::vector<PortVerdict> ports;  ///< every port of every HCA, in the topology's order
  std::string summary;             ///< of those that are chosen: "8 InfiniBand ports of 400 Gb/s, …"
  std::string link_layer;          ///< of those that are chosen; empty if none is
  std::vector<std::string> warnings;

  bool any() const { return !link_layer.empty(); }
  /// The verdict on a port; every port of the topology has one.
  const PortVerdict& verdict(const Hca& hca, const Port& port) const;
};

/// "mlx5_0", or "mlx5_0:1" where the HCA has several ports.
std::string port_name(const Hca& hca, const Port& port);

/// The group of HCAs that GPUs should communicate through: ACTIVE ports of one link layer and rate, as near
/// to the GPUs as any, those with the greatest rate together. HCAs of storage and management stay out, by
/// their distance, their rate, or since they carry the default route while others do not.
HcaChoice choose_hcas(const Topology& topology);

/// The shortest distance to any GPU; unknown without GPUs.
Distance distance_to_gpus(const PciPlace& place, const Topology& topology);

/// The value of NCCL_IB_HCA for exactly the chosen ports: "=mlx5_0,mlx5_3:1".
std::string hca_list(const HcaChoice& choice, const Topology& topology);

/// The interface and all that it is made of: a VLAN, its bond, the bond's parts.
std::vector<std::string> with_lower(const Topology& topology, const std::string& interface);

}  // namespace launch::fabric
