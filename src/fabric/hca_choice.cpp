#include "fabric/hca_choice.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "fabric/routes.hpp"

namespace launch::fabric {
namespace {

/// One port on its way to a verdict.
struct Candidate {
  const Hca* hca;
  const Port* port;
  Distance distance;
  std::string out = {};  ///< why it is not used; empty as long as it may be
};

bool is_near(Distance distance) {
  return distance == Distance::same_switch || distance == Distance::switches;
}

std::string not_usable(const Hca& hca, const Port& port) {
  if (hca.is_efa) return "an EFA device: the plugin aws-ofi-nccl uses it, NCCL's own verbs cannot";
  if (hca.is_virtual_function) return "a virtual function of another HCA of this machine";
  if (port.link_layer.empty()) return "its link layer is unknown";
  if (port.link_layer != "InfiniBand" && port.link_layer != "Ethernet") {
    return fmt::format("its link layer is {}, which NCCL does not use", in_quotes(port.link_layer));
  }
  return {};
}

std::vector<Candidate> candidates_of(const Topology& topology) {
  std::vector<Candidate> out;
  for (const auto& hca : topology.hcas) {
    const auto distance = distance_to_gpus(hca.pci, topology);
    for (const auto& port : hca.ports) out.push_back({&hca, &port, distance, not_usable(hca, port)});
  }
  return out;
}

/// Applies a reason to those that it concerns, unless that would leave none.
template <class Concerns, class Reason>
void leave_out(std::vector<Candidate>& all, const Concerns& concerns, const Reason& reason) {
  const bool some_stay = std::any_of(
      all.begin(), all.end(), [&](const Candidate& each) { return each.out.empty() && !concerns(each); });
  if (!some_stay) return;
  for (auto& each : all) {
    if (each.out.empty() && concerns(each)) each.out = reason(each);
  }
}

void leave_out_far(std::vector<Candidate>& all) {
  leave_out(
      all, [](const Candidate& each) { return !is_near(each.distance); },
      [](const Candidate& each) {
        return fmt::format("{}, farther than others; for storage or management",
                           distance_text(each.distance));
      });
}

void leave_out_management(std::vector<Candidate>& all, const Topology& topology) {
  const auto route = default_route(topology.routes);
  if (!route) return;
  const auto parts = with_lower(topology, route->interface);
  const auto carries = [&](const Candidate& each) {
    return each.port->link_layer == "Ethernet" &&
           std::any_of(each.hca->netdevs.begin(), each.hca->netdevs.end(), [&](const std::string& netdev) {
             return std::find(parts.begin(), parts.end(), netdev) != parts.end();
           });
  };
  leave_out(all, carries, [&](const Candidate&) {
    return fmt::format("it carries the default route ({}), so it is for management", route->interface);
  });
}

using Kind = std::pair<std::string, unsigned>;

Kind kind_of(const Candidate& each) {
  return {each.port->link_layer, each.port->rate};
}

/// Of the candidates that are ACTIVE: the link layer and rate with the greatest rate together, then the
/// greatest rate of each, then InfiniBand.
Kind best_kind(const std::vector<Candidate>& all) {
  std::map<Kind, unsigned> together;
  for (const auto& each : all) {
    if (each.out.empty() && each.port->active()) together[kind_of(each)] += std::max(each.port->rate, 1U);
  }
  const auto rank = [](const auto& entry) {
    return std::tuple(entry.second, entry.first.second, entry.first.first == "InfiniBand");
  };
  const auto best = std::max_element(together.begin(), together.end(),
                                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return best == together.end() ? Kind() : best->first;
}

void leave_out_other_kinds(std::vector<Candidate>& all, const Kind& kind) {
  for (auto& each : all) {
    if (!each.out.empty()) continue;
    if (!each.port->active()) {
      each.out =
          fmt::format("its port is {}", each.port->state.empty() ? "in an unknown state" : each.port->state);
    } else if (each.port->link_layer != kind.first) {
      each.out = fmt::format("{}, while the chosen ones are {}", each.port->link_layer, kind.first);
    } else if (each.port->rate != kind.second) {
      each.out = fmt::format("{} Gb/s, while the chosen ones have {} Gb/s", each.port->rate, kind.second);
    }
  }
}

std::string summary_of(const std::vector<Candidate>& all, const Kind& kind, const Topology& topology) {
  std::size_t count = 0;
  std::set<Distance> distances;
  for (const auto& each : all) {
    if (!each.out.empty()) continue;
    ++count;
    distances.insert(each.distance);
  }
  const auto ports = fmt::format("{} of {} Gb/s", count_of(count, kind.first + " port"), kind.second);
  if (topology.gpus.empty()) return ports + "; this machine has no GPU";
  if (std::all_of(distances.begin(), distances.end(), is_near)) {
    return ports +
           (count == 1 ? " that shares a PCI switch with a GPU" : " that share PCI switches with the GPUs");
  }
  return ports + (*distances.begin() == Distance::unknown
                      ? "; their distance to the GPUs is unknown"
                      : fmt::format("; no HCA shares a PCI switch with a GPU (nearest: {})",
                                    distance_name(*distances.begin())));
}

/// Ports that should be like the chosen ones, and are not ACTIVE.
void warn_of_down(const std::vector<Candidate>& all, const std::vector<Candidate>& ready, const Kind& kind,
                  std::vector<std::string>& warnings) {
  std::vector<std::string> down;
  std::set<unsigned> models;
  std::size_t count = 0;
  for (const auto& each : all) {
    if (!each.out.empty()) continue;
    ++count;
    models.insert(each.hca->pci.device);
  }
  for (const auto& each : ready) {
    const bool alike = kind.first.empty() || models.contains(each.hca->pci.device);
    if (each.out.empty() && !each.port->active() && alike) down.push_back(port_name(*each.hca, *each.port));
  }
  if (down.empty()) return;
  warnings.push_back(fmt::format("{} of {} for the GPUs {} not ACTIVE: {}; check cables and switches",
                                 down.size(), count_of(count + down.size(), "port"),
                                 down.size() == 1 ? "is" : "are", join_words(down)));
}

void warn_of_gids(const std::vector<Candidate>& all, std::vector<std::string>& warnings) {
  std::vector<std::string> without;
  for (const auto& each : all) {
    const auto& gids = each.port->gids;
    const bool has = std::any_of(gids.begin(), gids.end(), [](const Gid& g) { return g.is_roce_v2_ipv4(); });
    if (each.out.empty() && each.port->link_layer == "Ethernet" && !has) {
      without.push_back(port_name(*each.hca, *each.port));
    }
  }
  if (without.empty()) return;
  warnings.push_back(fmt::format(
      "no RoCE v2 GID for IPv4 on {}; without an IPv4 address on its interface, NCCL uses another GID",
      join_words(without)));
}

}  // namespace

std::string port_name(const Hca& hca, const Port& port) {
  return hca.ports.size() > 1 ? fmt::format("{}:{}", hca.name, port.number) : hca.name;
}

Distance distance_to_gpus(const PciPlace& place, const Topology& topology) {
  auto nearest = Distance::unknown;
  for (const auto& gpu : topology.gpus) nearest = std::min(nearest, distance_of(place, gpu.pci));
  return nearest;
}

std::vector<std::string> with_lower(const Topology& topology, const std::string& interface) {
  std::vector<std::string> out = {interface};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto* nic = find_nic(topology, out[i]);
    if (nic == nullptr) continue;
    for (const auto& lower : nic->lower) {
      if (std::find(out.begin(), out.end(), lower) == out.end()) out.push_back(lower);
    }
  }
  return out;
}

HcaChoice choose_hcas(const Topology& topology) {
  HcaChoice choice;
  auto all = candidates_of(topology);
  leave_out_far(all);
  leave_out_management(all, topology);
  const auto ready = all;
  const auto kind = best_kind(all);
  leave_out_other_kinds(all, kind);
  choice.link_layer = kind.first;
  if (choice.any()) choice.summary = summary_of(all, kind, topology);
  for (const auto& each : all) {
    const bool chosen = each.out.empty();
    const auto where = topology.gpus.empty() ? "this machine has no GPU" : distance_text(each.distance);
    choice.ports.push_back({each.hca->name, each.port->number, chosen, chosen ? where : each.out});
  }
  warn_of_down(all, ready, kind, choice.warnings);
  warn_of_gids(all, choice.warnings);
  return choice;
}

const PortVerdict& HcaChoice::verdict(const Hca& hca, const Port& port) const {
  static const PortVerdict kNone{.hca = {}, .port = 0, .chosen = false, .reason = "unknown"};
  const auto found = std::find_if(ports.begin(), ports.end(), [&](const PortVerdict& each) {
    return each.hca == hca.name && each.port == port.number;
  });
  return found == ports.end() ? kNone : *found;
}

std::string hca_list(const HcaChoice& choice, const Topology& topology) {
  std::vector<std::string> names;
  for (const auto& hca : topology.hcas) {
    for (const auto& port : hca.ports) {
      if (choice.verdict(hca, port).chosen) names.push_back(port_name(hca, port));
    }
  }
  return "=" + join(names, ",");
}

}  // namespace launch::fabric
