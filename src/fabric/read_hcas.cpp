#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "fabric/read_topology.hpp"

namespace launch::fabric {
namespace {

constexpr unsigned kAmazon = 0x1d0f;

/// "4: ACTIVE" without the number.
std::string state_of(const std::string& text) {
  const auto colon = text.find(": ");
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

/// The Gb/s in "400 Gb/sec (4X NDR)", rounded down.
unsigned rate_of(std::string_view text) {
  const auto number = parse_u64(text.substr(0, text.find_first_not_of("0123456789")));
  return static_cast<unsigned>(number.value_or(0));
}

bool is_zero(std::string_view gid) {
  return gid.find_first_not_of("0:") == std::string_view::npos;
}

std::vector<Gid> read_gids(const Tree& tree, const Tree::Path& port) {
  std::vector<Gid> out;
  for (const auto& name : tree.names(port / "gids")) {
    const auto index = parse_u64(name);
    auto value = tree.text(port / "gids" / name);
    if (!index || !value || is_zero(*value)) continue;
    out.push_back({.index = static_cast<int>(*index),
                   .value = *std::move(value),
                   .type = tree.text(port / "gid_attrs/types" / name).value_or(""),
                   .netdev = tree.text(port / "gid_attrs/ndevs" / name).value_or("")});
  }
  std::sort(out.begin(), out.end(), [](const Gid& a, const Gid& b) { return a.index < b.index; });
  return out;
}

std::vector<Port> read_ports(const Tree& tree, const Tree::Path& hca) {
  std::vector<Port> out;
  for (const auto& name : tree.names(hca / "ports")) {
    const auto number = parse_u64(name);
    if (!number) continue;
    const auto link = hca / "ports" / name;
    const auto port = tree.real(link).value_or(link);
    out.push_back({.number = static_cast<int>(*number),
                   .state = state_of(tree.text(port / "state").value_or("")),
                   .link_layer = tree.text(port / "link_layer").value_or(""),
                   .rate = rate_of(tree.text(port / "rate").value_or("")),
                   .gids = read_gids(tree, port)});
  }
  std::sort(out.begin(), out.end(), [](const Port& a, const Port& b) { return a.number < b.number; });
  return out;
}

}  // namespace

std::vector<Hca> read_hcas(const Tree& tree) {
  std::vector<Hca> out;
  const Tree::Path devices = "sys/class/infiniband";
  for (const auto& name : tree.names(devices)) {
    Hca hca{.name = name, .pci = read_place(tree, devices / name / "device")};
    const auto driver = tree.link_name(devices / name / "device/driver");
    hca.is_efa = driver == "efa" || hca.pci.vendor == kAmazon;
    hca.is_virtual_function = !tree.link_name(devices / name / "device/physfn").empty();
    hca.ports = read_ports(tree, devices / name);
    hca.netdevs = tree.names(devices / name / "device/net");
    out.push_back(std::move(hca));
  }
  std::sort(out.begin(), out.end(), [](const Hca& a, const Hca& b) { return name_less(a.name, b.name); });
  return out;
}

}  // namespace launch::fabric
