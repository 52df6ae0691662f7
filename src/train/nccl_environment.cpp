#include "train/nccl_environment.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/text.hpp"
#include "fabric/lint.hpp"
#include "fabric/read_topology.hpp"
#include "pytorch/nccl.hpp"

namespace launch::train {
namespace {

using fabric::Setting;

constexpr const char* kTopoFile = "NCCL_TOPO_FILE";
constexpr const char* kConfFile = "NCCL_CONF_FILE";
constexpr const char* kSocketInterface = "NCCL_SOCKET_IFNAME";
constexpr const char* kNet = "NCCL_NET";
/// xml.h of NCCL: what it reads where NCCL_TOPO_FILE is not set.
constexpr const char* kDefaultTopology = "/var/run/nvidia-topologyd/virtualTopology.xml";
/// The devices of RDMA.
constexpr const char* kRdmaDevices = "/dev/infiniband";

/// Variables that have a meaning only between machines.
bool is_of_network(std::string_view name) {
  constexpr std::array<std::string_view, 8> kPrefixes = {
      "NCCL_IB_",     "NCCL_NET",       "NCCL_SOCKET_", "NCCL_NSOCKS_",
      "NCCL_COLLNET", "NCCL_CROSS_NIC", "NCCL_MNNVL",   fabric::kGlooInterface};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

bool is_mounted(const std::vector<project::MountEntry>& mounts, const std::string& path) {
  return std::any_of(mounts.begin(), mounts.end(),
                     [&](const auto& mount) { return is_below(path, mount.to); });
}

std::vector<Setting> settings_of(const std::vector<Variable>& environment,
                                 const std::vector<fabric::ConfFile>& files) {
  std::map<std::string, std::string, std::less<>> values;
  for (const auto& each : environment) values[each.name] = each.value;
  auto settings = fabric::resolve(values, files);
  for (auto& setting : settings) {
    if (const auto* variable = find_variable(environment, setting.name)) setting.origin = variable->reason;
  }
  return settings;
}

std::string already_set(const Setting& setting) {
  return fmt::format("already set to {} by {}", in_quotes(setting.value), setting.origin);
}

class Builder {
 public:
  Builder(const NcclHost& host, const NcclNodes& nodes, const Plan& plan)
      : host_(host), nodes_(nodes), plan_(plan), nccl_(plan.nccl.value_or(fabric::kNewestNccl)) {}

  NcclEnvironment build() {
    use_conf_files();
    settings_ = settings_of(plan_.environment, files_);
    set_unless_set({"NCCL_DEBUG", "WARN", "NCCL reports problems only"});
    const auto choice = fabric::choose(host_.topology, {.head = nodes_.head,
                                                        .nccl = nccl_,
                                                        .preset = fabric::preset_for(host_.topology),
                                                        .settings = settings_});
    if (nodes_.on == NcclNodes::On::one_machine) {
      take(choice, [](const std::string& name) { return !is_of_network(name); });
      use_sockets();
    } else {
      take(choice, [](const std::string&) { return true; });
      use_hcas(choice);
    }
    mount_topology();
    if (!mounted_.empty()) {
      out_.notes.push_back(fmt::format("NCCL's configuration on this machine is mounted into the nodes: {}",
                                       join_words(mounted_)));
    }
    return std::move(out_);
  }

 private:
  void leave(std::string name, std::string reason) {
    out_.left_alone.push_back({std::move(name), std::move(reason)});
  }

  void set_unless_set(Variable variable) {
    if (const auto* setting = fabric::find_setting(settings_, variable.name)) {
      leave(variable.name, already_set(*setting));
    } else {
      out_.variables.push_back(std::move(variable));
    }
  }

  void mount(const std::string& path) {
    out_.mounts.push_back({path, path, true});
    mounted_.push_back(path);
  }

  bool is_in_environment(std::string_view name) const {
    return find_variable(plan_.environment, name) != nullptr;
  }
  bool reads(std::string_view name) const {
    const auto* known = fabric::known_variable(name);
    return known != nullptr && known->known_by(nccl_);
  }

  /// Containers have no files of this machine: those of NCCL are mounted.
  void use_conf_files() {
    for (const auto& file : host_.conf_files) {
      const bool own = file.name != fabric::kMachineConf;
      if (is_mounted(plan_.mounts, file.name)) continue;
      if (own && is_in_environment(kConfFile)) continue;
      if (own && !reads(kConfFile)) {
        leave(kConfFile, fmt::format("NCCL {} does not read it, so {} has no effect in the nodes",
                                     nccl_.text(), file.name));
        continue;
      }
      if (own) out_.variables.push_back({kConfFile, file.name, "the user's configuration on this machine"});
      files_.push_back(file);
      mount(file.name);
    }
  }

  template <class Wanted>
  void take(const fabric::Choice& choice, const Wanted& wanted) {
    for (const auto& each : choice.variables) {
      if (wanted(each.name)) out_.variables.push_back({each.name, each.value, each.reason});
    }
    for (const auto& each : choice.left_alone) {
      if (wanted(each.name)) out_.left_alone.push_back(each);
    }
  }

  /// The interface of the containers' network, whatever the machine's are.
  void use_sockets() {
    const auto* interface = fabric::find_setting(settings_, kSocketInterface);
    if (interface != nullptr && is_in_environment(kSocketInterface)) {
      leave(kSocketInterface, already_set(*interface));
      if (fabric::matches(interface->value, {nodes_.interface}).empty()) {
        out_.notes.push_back(fmt::format("NCCL_SOCKET_IFNAME is {} by {}, but the nodes' interface is {}",
                                         in_quotes(interface->value), interface->origin, nodes_.interface));
      }
    } else {
      auto reason = std::string("the container's interface in the run's network, by its exact name");
      if (interface != nullptr) {
        reason += fmt::format("; {} in {} is for the machine's own network", in_quotes(interface->value),
                              interface->origin);
      }
      out_.variables.push_back({kSocketInterface, "=" + nodes_.interface, std::move(reason)});
    }
    leave("NCCL_IB_HCA", nodes_.count == 1
                             ? "a single node needs no HCA"
                             : "nodes on one machine connect through sockets; HCAs connect machines");
    use_no_other_network();
  }

  void use_no_other_network() {
    constexpr std::string_view kSocket = "socket";
    const auto* net = fabric::find_setting(settings_, kNet);
    if (net == nullptr || to_lower(net->value) == kSocket || net->value.empty()) {
      return leave(kNet, net == nullptr
                             ? "NCCL uses sockets by default, since containers of one machine get no HCA"
                             : already_set(*net));
    }
    if (is_in_environment(kNet)) {
      leave(kNet, already_set(*net));
      out_.notes.push_back(fmt::format(
          "NCCL_NET is {} by {}, but containers of one machine get no HCA: NCCL may fail to start",
          in_quotes(net->value), net->origin));
      return;
    }
    if (!reads(kNet)) return leave(kNet, fmt::format("NCCL {} does not read it", nccl_.text()));
    out_.variables.push_back({kNet, "Socket",
                              fmt::format("containers of one machine get no HCA, so {} of {} could not work",
                                          in_quotes(net->value), net->origin)});
  }

  void use_hcas(const fabric::Choice& choice) {
    out_.notes.insert(out_.notes.end(), choice.warnings.begin(), choice.warnings.end());
    if (!plan_.nccl) {
      out_.notes.push_back(
          fmt::format("the lock does not name {}'s release; assuming {}{}", plan_.vendor->library,
                      plan_.vendor->library == "NCCL" ? "" : "the variables of NCCL ", nccl_.text()));
    }
    const auto& hcas = host_.topology.hcas;
    const bool efa = std::any_of(hcas.begin(), hcas.end(), [](const fabric::Hca& hca) { return hca.is_efa; });
    if (!efa && (!choice.hcas.any() || fabric::verbs_off(settings_) != nullptr)) return;
    out_.devices.emplace_back(kRdmaDevices);
    out_.locks_memory = true;
  }

  void mount_topology() {
    std::string path = kDefaultTopology;
    if (const auto* setting = fabric::find_setting(settings_, kTopoFile)) path = setting->value;
    if (const auto* chosen = find_variable(out_.variables, kTopoFile)) path = chosen->value;
    const auto& files = host_.topology.files;
    const bool exists = std::find(files.begin(), files.end(), path) != files.end();
    if (exists && !is_mounted(plan_.mounts, path)) mount(path);
  }

  const NcclHost& host_;
  const NcclNodes& nodes_;
  const Plan& plan_;
  fabric::NcclVersion nccl_;
  std::vector<fabric::ConfFile> files_;
  std::vector<Setting> settings_;
  std::vector<std::string> mounted_;
  NcclEnvironment out_;
};

}  // namespace

std::optional<fabric::NcclVersion> nccl_of(const project::Lockfile& lock) {
  for (const auto& package : lock.packages) {
    if (!pytorch::is_nccl_package(package.name)) continue;
    if (auto release = fabric::NcclVersion::parse(package.version.public_text())) return release;
  }
  return std::nullopt;
}

NcclHost read_nccl_host(const NcclRoot& root, const std::vector<Variable>& environment) {
  if (root.root.empty()) return {};
  NcclHost host;
  const fabric::Tree tree(root.root);
  host.conf_files = fabric::read_conf_files(tree, root.own_conf);
  auto files = fabric::preset_files();
  files.emplace_back(kDefaultTopology);
  for (const auto& setting : settings_of(environment, host.conf_files)) {
    if (setting.name == kTopoFile && setting.value.starts_with('/')) files.push_back(setting.value);
  }
  host.topology = fabric::read_topology(tree, files);
  return host;
}

NcclEnvironment nccl_environment(const NcclHost& host, const NcclNodes& nodes, const Plan& plan) {
  return Builder(host, nodes, plan).build();
}

void add_nccl(Plan& plan, NcclEnvironment environment) {
  for (auto& variable : environment.variables) add_variable(plan, std::move(variable));
  plan.left_alone = std::move(environment.left_alone);
  for (auto& note : environment.notes) plan.notes.push_back(std::move(note));
  for (auto& mount : environment.mounts) plan.nccl_mounts.push_back(std::move(mount));
  for (auto& device : environment.devices) plan.devices.push_back(std::move(device));
  if (environment.locks_memory) plan.ulimits["memlock"] = "-1:-1";
}

}  // namespace launch::train
