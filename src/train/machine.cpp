#include "train/machine.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.hpp"

namespace launch::train {
namespace {

std::vector<pytorch::Gpu> gpus_in_dev() {
  std::vector<std::uint64_t> numbers;
  std::error_code code;
  for (std::filesystem::directory_iterator at("/dev", code); at != std::filesystem::directory_iterator();
       at.increment(code)) {
    const auto name = at->path().filename().string();
    // nvidiactl, nvidia-uvm and nvidia-modeset are not GPUs.
    if (!name.starts_with("nvidia")) continue;
    if (const auto number = parse_u64(std::string_view(name).substr(6))) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<pytorch::Gpu> gpus;
  gpus.reserve(numbers.size());
  for (const auto number : numbers) gpus.push_back({.index = std::to_string(number)});
  return gpus;
}

/// The GPUs that a list of indices and UUIDs names, in its order. A UUID may be shortened, as CUDA allows.
Result<void> keep_named(MachineGpus& gpus, std::string_view names) {
  std::vector<pytorch::Gpu> kept;
  for (const auto part : split(names, ',')) {
    const auto name = trim(part);
    const bool unknown =
        name.starts_with("GPU-") && (gpus.usable.empty() || gpus.usable.front().uuid.empty());
    if (name.starts_with("MIG-") || unknown) {
      kept.push_back({.index = std::string(name), .uuid = std::string(name)});
      continue;
    }
    const auto found = std::find_if(gpus.usable.begin(), gpus.usable.end(), [&](const auto& gpu) {
      return name == gpu.index || (name.starts_with("GPU-") && gpu.uuid.starts_with(name));
    });
    if (found == gpus.usable.end()) {
      return fail(input_error(fmt::format("{}: this machine has no GPU {}", gpus.limit, in_quotes(name)))
                      .hint("set it to GPUs that `nvidia-smi -L` lists, or unset it"));
    }
    kept.push_back(std::move(*found));
    gpus.usable.erase(found);
  }
  gpus.hidden = std::exchange(gpus.usable, std::move(kept));
  return {};
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
  machine.gpus.usable = gpus_in_dev();
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) machine.files = files.rlim_max;
  return machine;
}

const std::string& MachineGpus::name_of(const pytorch::Gpu& gpu) const {
  return renumbered && !gpu.uuid.empty() ? gpu.uuid : gpu.index;
}

void ask_gpus(MachineGpus& gpus, ProcessRunner& runner, std::stop_token stop) {
  auto asked = ask_gpus(runner, std::move(stop));
  if (asked.empty()) return;
  const auto same = [](const auto& a, const auto& b) { return a.index == b.index; };
  gpus.renumbered = !std::equal(asked.begin(), asked.end(), gpus.usable.begin(), gpus.usable.end(), same);
  gpus.usable = std::move(asked);
}

Result<void> limit_gpus(MachineGpus& gpus,
                        const std::map<std::string, std::string, std::less<>>& environment) {
  for (const auto* name : {"CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"}) {
    const auto found = environment.find(name);
    if (found == environment.end()) continue;
    const bool of_cuda = found->first.starts_with("CUDA");
    const auto value = trim(found->second);
    // NVIDIA's container images set theirs to "all".
    if (!of_cuda && (value == "all" || value.empty())) continue;
    gpus.limit = fmt::format("{}={}", found->first, value);
    if (value.empty() || value == "-1" || value == "NoDevFiles" || value == "none" || value == "void") {
      gpus.hidden = std::exchange(gpus.usable, {});
      return {};
    }
    return keep_named(gpus, value);
  }
  return {};
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

Result<void> check_gpus(const Plan& plan, const project::Lockfile& lock, const MachineGpus& gpus) {
  for (const auto& node : plan.nodes) {
    if (!node.gpus.empty()) TRY(check_gpus(lock, gpus.usable, node.gpus));
  }
  return {};
}

}  // namespace launch::train
