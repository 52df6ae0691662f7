#include "fabric/choice.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "fabric/routes.hpp"

namespace launch::fabric {
namespace {

constexpr NcclVersion kChoosesGid{2, 21, 0};

/// Collects the answer: the first that has something to say about a variable decides.
class Answer {
 public:
  Answer(const Need& need, Choice& choice) : need_(need), choice_(choice) {}

  bool is_open(const std::string& name) const { return !decided_.contains(name); }

  void leave(const std::string& name, std::string reason) {
    if (decided_.insert(name).second) choice_.left_alone.push_back({name, std::move(reason)});
  }

  void set(ChosenVariable variable) {
    if (!is_open(variable.name)) return;
    const auto* known = known_variable(variable.name);
    if (const auto* setting = find_setting(need_.settings, variable.name)) {
      leave(variable.name,
            setting->value == variable.value
                ? fmt::format("already set to this value by {}", setting->origin)
                : fmt::format("already set to {} by {}; {} would suit this machine",
                              in_quotes(setting->value), setting->origin, in_quotes(variable.value)));
    } else if (known != nullptr && !known->known_by(need_.nccl)) {
      leave(variable.name,
            fmt::format("NCCL {} does not read it (added in {})", need_.nccl.text(), known->since.text()));
    } else {
      decided_.insert(variable.name);
      choice_.variables.push_back(std::move(variable));
    }
  }

 private:
  const Need& need_;
  Choice& choice_;
  std::set<std::string> decided_;
};

void apply_preset(const Topology& topology, const Need& need, Answer& answer) {
  if (need.preset == nullptr) return;
  for (const auto& row : need.preset->rows) {
    const auto reason = fmt::format("{}: {}", need.preset->title, row.reason);
    const bool missing = row.value.starts_with('/') && std::find(topology.files.begin(), topology.files.end(),
                                                                 row.value) == topology.files.end();
    if (row.value.empty()) {
      answer.leave(row.variable, reason);
    } else if (missing) {
      answer.leave(row.variable, fmt::format("{} of {} does not exist here", row.value, need.preset->title));
    } else {
      answer.set({row.variable, row.value, reason, row.source});
    }
  }
}

void without_hcas(const Topology& topology, const Choice& choice, Answer& answer) {
  const auto why =
      topology.hcas.empty() ? "this machine has no HCA" : "no HCA is usable; see the reason for each";
  answer.leave("NCCL_IB_HCA", why);
  answer.leave("NCCL_NET", fmt::format("{}, NCCL uses sockets by default",
                                       choice.hcas.ports.empty() ? "without HCAs" : "without a usable HCA"));
}

/// The indices at which every chosen port has a GID of RoCE v2 for IPv4.
std::set<int> common_gids(const Topology& topology, const HcaChoice& choice) {
  std::optional<std::set<int>> common;
  for (const auto& hca : topology.hcas) {
    for (const auto& port : hca.ports) {
      if (!choice.verdict(hca, port).chosen) continue;
      std::set<int> here;
      for (const auto& gid : port.gids) {
        if (gid.is_roce_v2_ipv4() && (!common || common->contains(gid.index))) here.insert(gid.index);
      }
      common = std::move(here);
    }
  }
  return common.value_or(std::set<int>());
}

/// Before NCCL 2.21, someone must name the GID of RoCE v2; all HCAs need it at one index.
void choose_gid(const Topology& topology, const Need& need, const Choice& choice, Answer& answer) {
  const std::string name = "NCCL_IB_GID_INDEX";
  if (need.nccl >= kChoosesGid) {
    return answer.leave(name, "since 2.21, NCCL finds the RoCE v2 GID for IPv4 itself");
  }
  const auto common = common_gids(topology, choice.hcas);
  if (common.empty()) {
    return answer.leave(name,
                        "the HCAs have no RoCE v2 GID for IPv4 at a common index; NCCL before 2.21 uses "
                        "index 0");
  }
  answer.set(
      {name, fmt::format("{}", *common.begin()),
       fmt::format("the RoCE v2 GID for IPv4 of each HCA; NCCL {} does not look for it", need.nccl.text()),
       ""});
}

void choose_transport(const Topology& topology, const Need& need, const Choice& choice, Answer& answer) {
  if (const auto* off = verbs_off(need.settings)) {
    const auto reason = fmt::format("NCCL_IB_DISABLE is set to {} by {}", in_quotes(off->value), off->origin);
    answer.leave("NCCL_IB_HCA", reason);
    return answer.leave("NCCL_NET", reason);
  }
  if (!choice.hcas.any()) return without_hcas(topology, choice, answer);
  answer.set({"NCCL_IB_HCA", hca_list(choice.hcas, topology),
              choice.hcas.summary + "; \"=\" makes the names exact", ""});
  const auto* plugin = find_setting(need.settings, "NCCL_NET_PLUGIN");
  if (plugin != nullptr && plugin->value != "none") {
    answer.leave("NCCL_NET",
                 fmt::format("NCCL_NET_PLUGIN is set to {} by {}, and a plugin names its own network",
                             in_quotes(plugin->value), plugin->origin));
  }
  answer.set({"NCCL_NET", "IB", "makes a silent fallback to sockets an error", ""});
  if (choice.hcas.link_layer == "Ethernet") {
    choose_gid(topology, need, choice, answer);
  } else {
    answer.leave("NCCL_IB_GID_INDEX", "InfiniBand needs no GID index within a subnet");
  }
  for (const auto& row : common_rows()) answer.leave(row.variable, row.reason);
}

bool is_own(const Topology& topology, const IpAddress& address) {
  const auto& shared = topology.shared_addresses;
  return address.is_loopback() ||
         std::any_of(shared.begin(), shared.end(),
                     [&](const SharedAddress& each) { return each.address == address; }) ||
         std::any_of(topology.nics.begin(), topology.nics.end(), [&](const Nic& nic) {
           return std::find(nic.addresses.begin(), nic.addresses.end(), address) != nic.addresses.end();
         });
}

/// The interface and why; an empty name and why not.
std::pair<std::string, std::string> interface_for(const Topology& topology, const Need& need) {
  if (need.head && !is_own(topology, *need.head)) {
    const auto route = route_to(topology.routes, *need.head);
    if (!route) return {"", fmt::format("no route leads to {}", need.head->text())};
    return {route->interface,
            fmt::format("{} to the head, {}", route->prefix == 0 ? "the default route leads" : "it routes",
                        need.head->text())};
  }
  if (need.head && !need.head->is_loopback()) {
    for (const auto& shared : topology.shared_addresses) {
      if (shared.address != *need.head) continue;
      return {"",
              fmt::format(
                  "the head's address, {}, is on {}: which of them is unknown, since all are in its network",
                  need.head->text(), join_words(shared.interfaces, "or"))};
    }
    for (const auto& nic : topology.nics) {
      if (std::find(nic.addresses.begin(), nic.addresses.end(), *need.head) != nic.addresses.end()) {
        return {nic.name, fmt::format("it has the head's address, {}", need.head->text())};
      }
    }
  }
  if (need.head) return {"", fmt::format("the head, {}, is this machine itself", need.head->text())};
  if (const auto route = default_route(topology.routes)) {
    return {route->interface,
            "it has the default route; use --head ADDRESS to choose by the route to the head"};
  }
  std::vector<std::string> up;
  for (const auto& nic : topology.nics) {
    if (nic.up && nic.master.empty() && nic.kind != NicKind::loopback && nic.kind != NicKind::other) {
      up.push_back(nic.name);
    }
  }
  if (up.size() == 1) return {up.front(), "it is the only interface that is up"};
  return {"", up.empty() ? "no interface is up"
                         : fmt::format("there is no default route, and {} are up; name the head with --head",
                                       join_words(up))};
}

void choose_interface(const Topology& topology, const Need& need, Choice& choice, Answer& answer) {
  auto [name, reason] = interface_for(topology, need);
  if (name.empty()) {
    answer.leave(std::string(kGlooInterface), reason);
    return answer.leave("NCCL_SOCKET_IFNAME", std::move(reason));
  }
  choice.interface = name;
  if (const auto* nic = find_nic(topology, name); nic != nullptr && !nic->up) {
    choice.warnings.push_back(fmt::format("{} is not up, though a route uses it", name));
  }
  answer.set({"NCCL_SOCKET_IFNAME", "=" + name, std::move(reason), ""});
  answer.set(
      {std::string(kGlooInterface), name, "the same interface for gloo, which expects an exact name", ""});
}

}  // namespace

Choice choose(const Topology& topology, const Need& need) {
  Choice choice;
  choice.hcas = choose_hcas(topology);
  choice.warnings = choice.hcas.warnings;
  Answer answer(need, choice);
  choose_interface(topology, need, choice, answer);
  apply_preset(topology, need, answer);
  choose_transport(topology, need, choice, answer);
  return choice;
}

}  // namespace launch::fabric
