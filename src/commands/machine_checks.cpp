#include "commands/machine_checks.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "commands/train.hpp"
#include "containers/parts.hpp"
#include "fabric/read_topology.hpp"
#include "train/machine.hpp"
#include "train/sockets.hpp"

namespace launch::commands {
namespace {

/// What a check is given.
struct Checked {
  const CheckedMachine& machine;
  const fabric::Tree& tree;
  const fabric::Topology& topology;
  ProcessRunner& runner;
  const std::stop_token& stop;
};
using Findings = std::vector<Finding>;

Findings check_driver(const Checked& given) {
  const auto origin = pytorch::gpu_query().front();
  if (given.machine.gpus == 0) return {};
  const auto gpus = train::ask_gpus(given.runner, given.stop);
  if (gpus.empty()) {
    return {{"driver",
             "unknown: nvidia-smi does not report it",
             origin,
             true,
             {"run `nvidia-smi` to see why; the driver must be loaded and its tools installed"}}};
  }
  Findings findings;
  std::vector<std::string> fits;
  for (const auto& [name, lock] : given.machine.locks) {
    const auto checked = train::check_gpus(lock, gpus, specs::GpuSet::all());
    if (!checked) {
      findings.push_back({"driver", fmt::format("lock {}: {}", name, checked.error().message()), origin, true,
                          checked.error().hints()});
    } else if (!pytorch::gpu_needs(project::accelerator(lock)).cuda.empty()) {
      fits.push_back(name);
    }
  }
  if (!findings.empty()) return findings;
  const auto& driver = gpus.front().driver;
  return {{"driver",
           fits.empty() ? driver
                        : fmt::format("{}, new enough for the {} {}", driver,
                                      fits.size() == 1 ? "lock" : "locks", join_words(fits)),
           origin}};
}

/// AMD's driver lets only members of some groups use its device.
Findings check_device(const Checked& given) {
  const auto& device = given.machine.device;
  if (device.empty()) return {};
  constexpr const char* kWhat = "device";
  const auto file = given.machine.root / std::filesystem::path(device).relative_path();
  if (::access(file.c_str(), R_OK | W_OK) == 0)
    return {{kWhat, fmt::format("this user may use {}", device), device}};
  if (errno == ENOENT) {
    return {{kWhat,
             fmt::format("{}, which containers need for the GPUs, does not exist", device),
             device,
             true,
             {"load the driver: sudo modprobe amdgpu"}}};
  }
  return {{kWhat,
           fmt::format("this user may not use {}", device),
           device,
           true,
           {"sudo usermod -aG render,video $USER, and log in again"}}};
}

Findings check_engine_parts(const Checked& given) {
  if (!given.machine.engine) return {};
  const auto& engine = *given.machine.engine;
  Findings findings;
  for (auto& part : containers::parts_of(engine, given.runner,
                                         {.root = given.machine.root,
                                         .gpus = given.machine.gpus,
                                         .device_groups = !given.machine.device.empty()})) {
    Finding finding{std::move(part.what), std::move(part.found), engine.name()};
    finding.missing = !part.fix.empty();
    if (finding.missing) finding.hints.push_back(std::move(part.fix));
    findings.push_back(std::move(finding));
  }
  return findings;
}

/// Where NVSwitches connect the GPUs, CUDA waits for the fabric manager: cudaErrorSystemNotReady, 802.
Findings check_fabric_manager(const Checked& given) {
  constexpr const char* kWhat = "NVSwitch";
  constexpr const char* kService = "nvidia-fabricmanager";
  const bool driven = !given.tree.names("proc/driver/nvidia-nvswitch/devices").empty();
  if (given.topology.nvswitches == 0 && !driven) return {};
  const auto answer = given.runner.run(
      {.argv = {"systemctl", "is-active", kService}, .timeout = std::chrono::seconds(10)}, given.stop);
  const auto state = answer ? std::string(trim(answer->out)) : std::string();
  if (state.empty()) {
    return {{kWhat, fmt::format("unknown whether {} is active: systemctl did not answer", kService),
             "systemctl"}};
  }
  if (state == "active") return {{kWhat, fmt::format("{} is active", kService), "systemctl"}};
  return {{kWhat,
           fmt::format("{} is {}: CUDA fails with error 802 until it runs", kService, state),
           "systemctl",
           true,
           {fmt::format("sudo systemctl enable --now {}", kService)}}};
}

Findings check_locked_memory(const Checked& given) {
  if (given.topology.hcas.empty()) return {};
  constexpr const char* kOrigin = "ulimit -Hl";
  const auto& limit = given.machine.locked_memory;
  if (!limit) return {{"memlock", "unlimited, as RDMA needs it", kOrigin}};
  return {{"memlock",
           fmt::format("{}, but RDMA needs it unlimited", human_bytes(*limit)),
           kOrigin,
           false,
           {"add `* - memlock unlimited` to /etc/security/limits.d/rdma.conf, and log in again"}}};
}

/// Containers of a run on one machine have ports of their own.
Findings check_port(const Checked& given) {
  const auto port = TrainRequest().port;
  for (const auto* table : {"proc/net/tcp", "proc/net/tcp6"}) {
    const auto sockets = train::read_tcp_sockets(given.tree.content(table).value_or(""));
    const bool taken = std::any_of(sockets.begin(), sockets.end(), [&](const train::TcpSocket& each) {
      return each.state == train::TcpSocket::State::listening && each.local_port == port;
    });
    if (!taken) continue;
    return {{"port",
             fmt::format("{} is in use on this machine; containers with their own network can still use it",
                         port),
             std::string("/") + table,
             false,
             {"use another --port for runs that share this machine's network"}}};
  }
  return {};
}

using Check = Findings (*)(const Checked&);
constexpr Check kChecks[] = {check_driver,         check_device,        check_engine_parts,
                             check_fabric_manager, check_locked_memory, check_port};

}  // namespace

std::vector<Finding> check_machine(const CheckedMachine& machine, ProcessRunner& runner,
                                   const std::stop_token& stop) {
  const fabric::Tree tree(machine.root);
  const auto topology = fabric::read_topology(tree, {});
  Findings findings;
  for (const auto check : kChecks) {
    for (auto& finding : check({machine, tree, topology, runner, stop}))
      findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace launch::commands
