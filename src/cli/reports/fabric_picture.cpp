#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/fabric.hpp"
#include "cli/reports/html.hpp"

namespace launch::cli {
namespace {

constexpr int kBoxWidth = 190;
constexpr int kBoxHeight = 40;
constexpr int kGap = 10;
constexpr int kHead = 24;
constexpr int kSwitchWidth = 2 * kBoxWidth + 3 * kGap;
constexpr int kNodeWidth = kSwitchWidth + 2 * kGap;

struct Box {
  std::string title;
  std::string detail;
  std::string look;  ///< its class: "gpu", "chosen", "left", "down", "nic"
};

/// The devices below one PCI switch, or of none.
struct Switch {
  std::vector<Box> gpus;
  std::vector<Box> others;

  std::size_t rows() const { return std::max(gpus.size(), others.size()); }
  int height() const { return kHead + static_cast<int>(rows()) * (kBoxHeight + kGap) + kGap; }
};

/// The switches of a NUMA node, by address; "" holds what is below none.
using Node = std::map<std::string, Switch>;
/// The nodes; nullopt for devices of which the kernel does not say it.
using Nodes = std::map<std::optional<int>, Node>;

Switch& switch_at(Nodes& nodes, const fabric::PciPlace& place) {
  return nodes[place.numa][fabric::switch_of(place)];
}

void add_gpus(const commands::FabricReport& report, Nodes& nodes) {
  for (const auto& gpu : report.topology.gpus) {
    switch_at(nodes, gpu.pci).gpus.push_back({fabric::gpu_name(gpu), gpu.pci.address(), "gpu"});
  }
}

void add_hcas(const commands::FabricReport& report, Nodes& nodes) {
  for (const auto& hca : report.topology.hcas) {
    for (const auto& port : hca.ports) {
      const bool chosen = report.choice.hcas.verdict(hca, port).chosen;
      switch_at(nodes, hca.pci)
          .others.push_back({fabric::port_name(hca, port), port_text(port),
                             chosen          ? "chosen"
                             : port.active() ? "left"
                                             : "down"});
    }
  }
}

/// Interfaces of their own PCI devices; those of HCAs are in their boxes, unless they are chosen.
void add_nics(const commands::FabricReport& report, Nodes& nodes) {
  const auto& hcas = report.topology.hcas;
  for (const auto& nic : report.topology.nics) {
    const bool chosen = nic.name == report.choice.interface;
    const bool of_hca = std::any_of(hcas.begin(), hcas.end(), [&](const fabric::Hca& hca) {
      return std::find(hca.netdevs.begin(), hca.netdevs.end(), nic.name) != hca.netdevs.end();
    });
    const bool real = nic.kind != fabric::NicKind::other && nic.kind != fabric::NicKind::loopback;
    if (!chosen && (of_hca || !real)) continue;
    switch_at(nodes, nic.pci)
        .others.push_back({nic.name, nic_text(nic),
                           chosen   ? "chosen"
                           : nic.up ? "nic"
                                    : "down"});
  }
}

std::string box_svg(const Box& box, int x, int y) {
  constexpr std::size_t kMostTitle = 24;
  constexpr std::size_t kMostDetail = 27;
  return fmt::format(
      "<g class=\"{}\"><title>{}: {}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>"
      "<text x=\"{}\" y=\"{}\">{}</text><text class=\"small\" x=\"{}\" y=\"{}\">{}</text></g>\n",
      box.look, html_text(box.title), html_text(box.detail), x, y, kBoxWidth, kBoxHeight, x + 8, y + 17,
      html_text(cut(box.title, kMostTitle)), x + 8, y + 33, html_text(cut(box.detail, kMostDetail)));
}

std::string switch_svg(const std::string& name, const Switch& all, int x, int y) {
  const auto heading = name.empty() ? std::string("no PCI switch") : fmt::format("PCI bridge {}", name);
  auto out = fmt::format(
      "<rect class=\"switch{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>"
      "<text class=\"small\" x=\"{}\" y=\"{}\">{}</text>\n",
      name.empty() ? " none" : "", x, y, kSwitchWidth, all.height() - kGap, x + kGap, y + 16,
      html_text(heading));
  const auto column = [&](const std::vector<Box>& boxes, int left) {
    int top = y + kHead;
    for (const auto& box : boxes) {
      out += box_svg(box, left, top);
      top += kBoxHeight + kGap;
    }
  };
  column(all.gpus, x + kGap);
  column(all.others, x + 2 * kGap + kBoxWidth);
  return out;
}

int height_of(const Node& node) {
  int height = kHead + kGap;
  for (const auto& [name, all] : node) height += all.height();
  return height;
}

}  // namespace

std::string fabric_picture(const commands::FabricReport& report) {
  Nodes nodes;
  add_gpus(report, nodes);
  add_hcas(report, nodes);
  add_nics(report, nodes);
  int height = kHead;
  for (const auto& [numa, node] : nodes) height = std::max(height, height_of(node));
  const auto width = std::max<int>(static_cast<int>(nodes.size()), 1) * (kNodeWidth + kGap) + kGap;
  auto out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"GPUs and network devices by NUMA "
      "node and PCI switch\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n",
      width, height + 2 * kGap);
  int x = kGap;
  for (const auto& [numa, node] : nodes) {
    out += fmt::format(
        "<rect class=\"node\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>"
        "<text x=\"{}\" y=\"{}\">{}</text>\n",
        x, kGap, kNodeWidth, height, x + kGap, kGap + 17,
        numa ? fmt::format("NUMA node {}", *numa) : std::string("NUMA node unknown, or no PCI device"));
    int y = kGap + kHead;
    for (const auto& [name, all] : node) {
      out += switch_svg(name, all, x + kGap, y);
      y += all.height();
    }
    x += kNodeWidth + kGap;
  }
  return out + "</svg>\n";
}

}  // namespace launch::cli
