#pragma once

#include <span>
#include <string>

#include "base/result.hpp"
#include "fabric/topology.hpp"
#include "fabric/tree.hpp"

namespace launch::fabric {

/// What sysfs, procfs and DMI below the root say; what is missing there is missing in the topology. `files`
/// are absolute paths whose existence is of interest.
Topology read_topology(const Tree& tree, std::span<const std::string> files);

/// Parts of it, in files of their own.
/// The place of the device behind a link such as "sys/class/net/eth0/device".
PciPlace read_place(const Tree& tree, const Tree::Path& device);
std::vector<Hca> read_hcas(const Tree& tree);
/// The interfaces, and in the topology the addresses that may be of several.
void read_nics(const Tree& tree, Topology& topology);
std::vector<Route> read_routes(const Tree& tree);

}  // namespace launch::fabric
