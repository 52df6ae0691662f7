#include "train/machine.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "base/text.hpp"

namespace launch::train {
namespace {

int count_gpus() {
  int count = 0;
  std::error_code code;
  for (std::filesystem::directory_iterator at("/dev", code); at != std::filesystem::directory_iterator();
       at.increment(code)) {
    const auto name = at->path().filename().string();
    // nvidiactl, nvidia-uvm and nvidia-modeset are not GPUs.
    if (name.starts_with("nvidia") && parse_u64(std::string_view(name).substr(6))) ++count;
  }
  return count;
}

pytorch::GpuNeeds needs_of(const project::Lockfile& lock) {
  auto needs = pytorch::gpu_needs(project::accelerator(lock));
  const auto& base = lock.provenance.base;
  if (base && !base->driver_floor.empty()) needs.driver_floor = base->driver_floor;
  return needs;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.cpus = std::max(1U, std::thread::hardware_concurrency());
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    machine.memory = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
  machine.gpus = count_gpus();
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) machine.files = files.rlim_max;
  return machine;
}

std::vector<pytorch::Gpu> ask_gpus(ProcessRunner& runner, std::stop_token stop) {
  // nvidia-smi does not return while a GPU hangs.
  const auto asked =
      runner.run({.argv = pytorch::gpu_query(), .timeout = std::chrono::seconds(10)}, std::move(stop));
  if (!asked || !asked->ok()) return {};
  return pytorch::parse_gpus(asked->out);
}

Result<void> check_gpus(const project::Lockfile& lock, std::span<const pytorch::Gpu> gpus,
                        const specs::GpuSet& used) {
  const auto needs = needs_of(lock);
  return needs.cuda.empty() ? Result<void>() : pytorch::check_gpus(needs, gpus, used);
}

Result<void> check_gpus(const Plan& plan, const project::Lockfile& lock, ProcessRunner& runner,
                        std::stop_token stop) {
  const bool uses_gpus =
      std::any_of(plan.nodes.begin(), plan.nodes.end(), [](const auto& node) { return !node.gpus.empty(); });
  if (needs_of(lock).cuda.empty() || !uses_gpus) return {};
  const auto gpus = ask_gpus(runner, std::move(stop));
  for (const auto& node : plan.nodes) TRY(check_gpus(lock, gpus, node.gpus));
  return {};
}

}  // namespace launch::train
