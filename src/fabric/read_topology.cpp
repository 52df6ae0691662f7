#include "fabric/read_topology.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "fabric/hex.hpp"

namespace launch::fabric {
namespace {

constexpr unsigned kNvidia = 0x10de;
constexpr unsigned kAmd = 0x1002;
// PCI classes: VGA, 3D and display controllers, processing accelerators.
constexpr unsigned kSwitchClass = 0x0680;  // a bridge of another kind, as an NVSwitch is
constexpr unsigned kGpuClasses[] = {0x0300, 0x0302, 0x0380, 0x1200};

unsigned hex_at(const Tree& tree, const Tree::Path& path) {
  return hex_number(tree.text(path).value_or("")).value_or(0);
}

/// "0000:18:00.0"
bool is_address(std::string_view text) {
  constexpr std::string_view kForm = "xxxx:xx:xx.x";
  if (text.size() < kForm.size()) return false;
  const auto domain = text.size() - (kForm.size() - 4);  // a domain may have more digits
  const auto rest = kForm.substr(4);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto form = i < domain ? 'x' : rest[i - domain];
    const bool fits = form == 'x' ? hex_number(text.substr(i, 1)).has_value() : text[i] == form;
    if (!fits) return false;
  }
  return true;
}

void read_gpus(const Tree& tree, Topology& topology) {
  const Tree::Path devices = "sys/bus/pci/devices";
  for (const auto& name : tree.names(devices)) {
    const auto vendor = hex_at(tree, devices / name / "vendor");
    if (vendor != kNvidia && vendor != kAmd) continue;
    constexpr unsigned kInterfaceBits = 8;
    const auto kind = hex_at(tree, devices / name / "class") >> kInterfaceBits;
    if (vendor == kNvidia && kind == kSwitchClass) ++topology.nvswitches;
    if (std::find(std::begin(kGpuClasses), std::end(kGpuClasses), kind) == std::end(kGpuClasses)) continue;
    topology.gpus.push_back({read_place(tree, devices / name)});
  }
}

Machine read_machine(const Tree& tree) {
  const Tree::Path id = "sys/class/dmi/id";
  return {.vendor = tree.text(id / "sys_vendor").value_or(""),
          .product = tree.text(id / "product_name").value_or(""),
          .board = tree.text(id / "board_name").value_or(""),
          .asset_tag = tree.text(id / "chassis_asset_tag").value_or("")};
}

}  // namespace

PciPlace read_place(const Tree& tree, const Tree::Path& device) {
  PciPlace place;
  const auto real = tree.real(device);
  if (!real) return place;
  Tree::Path here;
  Tree::Path last;
  for (const auto& part : *real) {
    here /= part;
    const auto name = part.string();
    const bool root = name.starts_with("pci") && name.find(':') != std::string::npos;
    if (root) place.path = {name};
    if (root || place.path.empty() || !is_address(name)) continue;
    place.path.push_back(name);
    last = here;
  }
  if (last.empty()) return {};
  place.vendor = hex_at(tree, last / "vendor");
  place.device = hex_at(tree, last / "device");
  const auto numa = parse_u64(tree.text(last / "numa_node").value_or(""));
  if (numa) place.numa = static_cast<int>(*numa);
  return place;
}

Topology read_topology(const Tree& tree, std::span<const std::string> files) {
  Topology out;
  out.machine = read_machine(tree);
  read_gpus(tree, out);
  out.hcas = read_hcas(tree);
  out.routes = read_routes(tree);
  read_nics(tree, out);
  for (const auto& file : files) {
    if (tree.exists(Tree::Path(file).relative_path())) out.files.push_back(file);
  }
  return out;
}

}  // namespace launch::fabric
