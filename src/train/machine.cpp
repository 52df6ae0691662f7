#include "train/machine.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"

namespace launch::train {
namespace {

/// The beginning of a MIG instance's name.
constexpr std::string_view kInstance = "MIG-";

/// How a list names GPUs: by the driver's indices, or by their positions in what another list has left.
enum class Numbers { indices, positions };

/// The GPUs that a list of numbers and UUIDs names, in its order. A UUID may be shortened, as CUDA allows.
Result<void> keep_named(MachineGpus& gpus, std::string_view names, Numbers numbers) {
  std::vector<pytorch::Gpu> kept;
  const bool knows_uuids = gpus.knows_uuids();
  const auto driver = gpus.usable.empty() ? std::string() : gpus.usable.front().driver;
  std::vector<std::pair<std::string, pytorch::Gpu>> all;  // with their numbers
  for (auto& gpu : gpus.usable) {
    auto number = numbers == Numbers::indices ? gpu.index : std::to_string(all.size());
    all.emplace_back(std::move(number), std::move(gpu));
  }
  gpus.usable.clear();
  for (const auto part : split(names, ',')) {
    const auto name = trim(part);
    const bool is_uuid = name.starts_with("GPU-");
    if (name.starts_with(kInstance) || (is_uuid && !knows_uuids)) {
      kept.push_back({.index = std::string(name), .uuid = std::string(name), .driver = driver});
      continue;
    }
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) {
      return name == each.first || (is_uuid && to_lower(each.second.uuid).starts_with(to_lower(name)));
    });
    if (found == all.end()) {
      return fail(input_error(fmt::format("{}: this machine has no GPU {}", gpus.limit, in_quotes(name)))
                      .hint(fmt::format("set it to GPUs that `{}` lists, or unset it", gpus.vendor->lists)));
    }
    kept.push_back(std::move(found->second));
    all.erase(found);
  }
  for (auto& each : all) gpus.hidden.push_back(std::move(each.second));
  gpus.usable = std::move(kept);
  return {};
}

/// What a variable leaves.
Result<void> keep_chosen(MachineGpus& gpus, std::string_view value, Numbers numbers) {
  if (!value.empty() && value != "-1" && value != "NoDevFiles" && value != "none" && value != "void")
    return keep_named(gpus, value, numbers);
  for (auto& gpu : gpus.usable) gpus.hidden.push_back(std::move(gpu));
  gpus.usable.clear();
  return {};
}

pytorch::GpuNeeds needs_of(const project::Lockfile& lock) {
  auto needs = pytorch::gpu_needs(project::accelerator(lock));
  const auto& base = lock.provenance.base;
  if (base && !base->driver_floor.empty()) needs.driver_floor = base->driver_floor;
  return needs;
}

void add_group(const std::filesystem::path& device, std::set<unsigned>& groups) {
  struct stat status {};
  // Root's is of no use to anyone else.
  if (::stat(device.c_str(), &status) == 0 && !S_ISDIR(status.st_mode) && status.st_gid != 0)
    groups.insert(status.st_gid);
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.cpus = std::max(1U, std::thread::hardware_concurrency());
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    machine.memory = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
  for (const auto& vendor : gpu_vendors()) {
    if (machine.gpus.existing() == 0) machine.gpus = find_gpus(vendor);
  }
  if (machine.gpus.existing() == 0) machine.gpus = {};
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) machine.files = files.rlim_max;
  return machine;
}

std::size_t MachineGpus::existing() const {
  const auto is_whole = [](const pytorch::Gpu& gpu) { return !gpu.uuid.starts_with(kInstance); };
  return static_cast<std::size_t>(std::count_if(usable.begin(), usable.end(), is_whole)) + hidden.size();
}

const std::string& MachineGpus::name_of(const pytorch::Gpu& gpu) const {
  return renumbered && !gpu.uuid.empty() ? gpu.uuid : gpu.index;
}

MachineGpus find_gpus(const GpuVendor& vendor, const std::filesystem::path& root) {
  return {.vendor = &vendor, .usable = vendor.find(fabric::Tree(root))};
}

std::vector<unsigned> groups_of(std::span<const std::string> devices) {
  std::set<unsigned> groups;
  for (const auto& device : devices) {
    add_group(device, groups);
    std::error_code code;
    std::filesystem::directory_iterator at(device, code);
    for (; !code && at != std::filesystem::directory_iterator(); at.increment(code))
      add_group(at->path(), groups);
  }
  return {groups.begin(), groups.end()};
}

containers::GpuAccess access_to_all(const MachineGpus& gpus) {
  if (gpus.existing() == 0) return {};
  const auto& vendor = *gpus.vendor;
  if (vendor.device.empty()) return {.gpus = specs::GpuSet::all()};
  containers::GpuAccess access{.devices = {std::string(vendor.device), std::string(vendor.devices)}};
  access.device_groups = groups_of(access.devices);
  return access;
}

void complete_gpus(MachineGpus& gpus, ProcessRunner& runner, std::stop_token stop) {
  if (gpus.vendor->ask == nullptr) return;
  auto asked = gpus.vendor->ask(runner, std::move(stop));
  if (asked.empty()) return;
  const auto same = [](const auto& a, const auto& b) { return a.index == b.index; };
  gpus.renumbered = !std::equal(asked.begin(), asked.end(), gpus.usable.begin(), gpus.usable.end(), same);
  gpus.usable = std::move(asked);
}

Result<void> limit_gpus(MachineGpus& gpus,
                        const std::map<std::string, std::string, std::less<>>& environment) {
  auto numbers = Numbers::indices;
  for (const auto names : gpus.vendor->chosen_by) {
    for (const auto name : names) {
      const auto found = environment.find(name);
      if (found == environment.end()) continue;
      const auto value = trim(found->second);
      // NVIDIA's container images set theirs to "all".
      if (name.starts_with("NVIDIA") && (value == "all" || value.empty())) continue;
      gpus.limit += fmt::format("{}{}={}", gpus.limit.empty() ? "" : " and ", name, value);
      TRY(keep_chosen(gpus, value, numbers));
      break;
    }
    numbers = Numbers::positions;
  }
  return {};
}

std::vector<pytorch::Gpu> ask_gpus(ProcessRunner& runner, std::stop_token stop) {
  return gpu_vendors().front().ask(runner, std::move(stop));
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
