#include "commands/machine_checks.hpp"

#include <chrono>

#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/train.hpp"
#include "containers/parts.hpp"
#include "fabric/hex.hpp"
#include "fabric/read_topology.hpp"
#include "train/machine.hpp"

namespace launch::commands {
namespace {

/// What a check is given.
struct Given {
  const CheckedMachine& machine;
  const fabric::Tree& tree;
  const fabric::Topology& topology;
  ProcessRunner& runner;
  const std::stop_token& stop;
};
using Findings = std::vector<Finding>;

Findings check_driver(const Given& given) {
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

Findings check_engine_parts(const Given& given) {
  if (!given.machine.engine) return {};
  const auto& engine = *given.machine.engine;
  Findings findings;
  for (auto& part :
       containers::parts_of(engine, given.runner, {.root = given.machine.root, .gpus = given.machine.gpus})) {
    Finding finding{std::move(part.what), std::move(part.found), engine.name()};
    finding.missing = !part.fix.empty();
    if (finding.missing) finding.hints.push_back(std::move(part.fix));
    findings.push_back(std::move(finding));
  }
  return findings;
}

/// Where NVSwitches connect the GPUs, CUDA waits for the fabric manager: cudaErrorSystemNotReady, 802.
Findings check_fabric_manager(const Given& given) {
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

Findings check_locked_memory(const Given& given) {
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
Findings check_port(const Given& given) {
  const auto port = TrainRequest().port;
  constexpr std::string_view kListens = "0A";  // TCP_LISTEN of <net/tcp_states.h>
  constexpr std::size_t kAddress = 1;
  constexpr std::size_t kState = 3;
  for (const auto* table : {"proc/net/tcp", "proc/net/tcp6"}) {
    const auto text = given.tree.content(table).value_or("");
    for (const auto line : lines(text)) {
      std::vector<std::string_view> cells;
      for (const auto cell : split(line, ' ')) {
        if (!cell.empty()) cells.push_back(cell);
      }
      if (cells.size() <= kState || cells[kState] != kListens) continue;
      const auto colon = cells[kAddress].rfind(':');
      if (fabric::hex_number(cells[kAddress].substr(colon + 1)) != static_cast<std::uint32_t>(port)) continue;
      return {{"port",
               fmt::format("{} is in use on this machine; containers with their own network can still "
                           "use it",
                           port),
               std::string("/") + table,
               false,
               {"use another --port for runs that share this machine's network"}}};
    }
  }
  return {};
}

using Check = Findings (*)(const Given&);
constexpr Check kChecks[] = {check_driver, check_engine_parts, check_fabric_manager, check_locked_memory,
                             check_port};

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
