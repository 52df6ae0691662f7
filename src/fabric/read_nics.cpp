#include <algorithm>

#include "base/text.hpp"
#include "fabric/read_topology.hpp"
#include "fabric/routes.hpp"

namespace launch::fabric {
namespace {

const Tree::Path kNet = "sys/class/net";

NicKind kind_of(const Tree& tree, const Tree::Path& folder, const Nic& nic) {
  constexpr std::string_view kLoopbackType = "772";  // ARPHRD_LOOPBACK of <linux/if_arp.h>
  if (tree.text(folder / "type").value_or("") == kLoopbackType || nic.name == "lo") return NicKind::loopback;
  const auto event = tree.text(folder / "uevent").value_or("");
  const auto rows = lines(event);
  const auto is = [&](std::string_view type) {
    return std::find(rows.begin(), rows.end(), "DEVTYPE=" + std::string(type)) != rows.end();
  };
  if (is("vlan")) return NicKind::vlan;
  if (is("bond")) return NicKind::bond;
  if (is("bridge")) return NicKind::bridge;
  return nic.pci.path.empty() && nic.driver.empty() ? NicKind::other : NicKind::physical;
}

Nic read_nic(const Tree& tree, const std::string& name) {
  Nic nic{.name = name};
  const auto folder = tree.real(kNet / name).value_or(kNet / name);
  nic.pci = read_place(tree, folder / "device");
  nic.driver = tree.link_name(folder / "device/driver");
  nic.master = tree.link_name(folder / "master");
  nic.kind = kind_of(tree, folder, nic);
  const auto state = tree.text(folder / "operstate").value_or("");
  nic.up = state == "up" || (state == "unknown" && tree.text(folder / "carrier").value_or("") == "1");
  nic.speed = static_cast<unsigned>(parse_u64(tree.text(folder / "speed").value_or("")).value_or(0));
  constexpr std::string_view kLower = "lower_";
  for (const auto& entry : tree.names(folder)) {
    if (!entry.starts_with(kLower)) continue;
    tree.link_name(folder / entry);
    nic.lower.push_back(entry.substr(kLower.size()));
  }
  return nic;
}

/// The interfaces whose own network an address of IPv4 is in; several if their networks are the same.
std::vector<std::string> interfaces_of(const std::vector<Route>& routes, const IpAddress& address) {
  std::vector<Route> own;
  std::copy_if(routes.begin(), routes.end(), std::back_inserter(own), [&](const Route& route) {
    return !route.gateway && route.prefix > 0 && route.destination.shares(address, route.prefix);
  });
  const auto best = route_to(own, address);
  std::vector<std::string> out;
  for (const auto& route : own) {
    const bool is_new = std::find(out.begin(), out.end(), route.interface) == out.end();
    if (route.prefix == best->prefix && is_new) out.push_back(route.interface);
  }
  return out;
}

void add_addresses4(const Tree& tree, Topology& topology) {
  for (const auto& address : parse_local_addresses(tree.text("proc/net/fib_trie").value_or(""))) {
    auto interfaces = interfaces_of(topology.routes, address);
    if (interfaces.size() > 1) {
      topology.shared_addresses.push_back({address, std::move(interfaces)});
      continue;
    }
    for (auto& nic : topology.nics) {
      if (!interfaces.empty() && nic.name == interfaces.front()) nic.addresses.push_back(address);
    }
  }
}

}  // namespace

std::vector<Route> read_routes(const Tree& tree) {
  auto out = parse_routes4(tree.text("proc/net/route").value_or(""));
  auto more = parse_routes6(tree.text("proc/net/ipv6_route").value_or(""));
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

void read_nics(const Tree& tree, Topology& topology) {
  auto& out = topology.nics;
  for (const auto& name : tree.names(kNet)) {
    // "bonding_masters" is a file.
    if (tree.exists(kNet / name / "operstate")) out.push_back(read_nic(tree, name));
  }
  std::sort(out.begin(), out.end(), [](const Nic& a, const Nic& b) { return name_less(a.name, b.name); });
  add_addresses4(tree, topology);
  for (const auto& [name, address] : parse_addresses6(tree.text("proc/net/if_inet6").value_or(""))) {
    for (auto& nic : out) {
      if (nic.name == name) nic.addresses.push_back(address);
    }
  }
}

}  // namespace launch::fabric
