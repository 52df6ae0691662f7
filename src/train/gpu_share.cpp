#include "train/gpu_share.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "train/given.hpp"

namespace launch::train {
namespace {

using pytorch::Gpu;
using specs::GpuSet;
using Gpus = std::vector<Gpu>;

std::string count_of_gpus(std::size_t count) {
  return count_of(count, "GPU");
}

std::string names_of(const Gpus& gpus) {
  std::vector<std::string> names;
  for (const auto& gpu : gpus) names.push_back(gpu.index);
  return join(names, ",");
}

/// "; CUDA_VISIBLE_DEVICES=2,3 hides the others"
std::string limit_of(const MachineGpus& gpus) {
  return gpus.limit.empty() ? "" : fmt::format("; {} hides the others", gpus.limit);
}

/// The run's GPUs, divided among its nodes.
struct Share {
  Gpus gpus;
  std::size_t per_node = 0;
};

Result<Share> first_gpus(const MachineGpus& gpus, std::size_t per_node) {
  if (per_node > gpus.usable.size()) {
    return fail(input_error(fmt::format("{} per node requested, but {} {}{}", count_of_gpus(per_node),
                                        gpus.limit.empty() ? "this machine has" : "this run may use",
                                        gpus.usable.size(), limit_of(gpus)))
                    .hint("request fewer with --gpus, or use --gpus 0 to train on the CPU"));
  }
  return Share{gpus.usable, per_node};
}

/// One that nvidia-smi does not list, such as a MIG instance, is left to the engine.
Result<Gpu> find_gpu(const MachineGpus& gpus, const std::string& device, const GpuSet& all) {
  const auto is_it = [&](const Gpu& gpu) { return gpu.index == device || gpu.uuid == device; };
  const auto found = std::find_if(gpus.usable.begin(), gpus.usable.end(), is_it);
  if (found != gpus.usable.end()) return *found;
  if (std::any_of(gpus.hidden.begin(), gpus.hidden.end(), is_it)) {
    return fail(input_error(fmt::format("--gpus {}: {} hides GPU {}", all.text(), gpus.limit, device))
                    .hint("use the GPUs that it names, or unset it"));
  }
  if (device.starts_with("MIG-") || (device.starts_with("GPU-") && !gpus.knows_uuids()))
    return Gpu{device, device};
  return fail(input_error(fmt::format("--gpus {}: this machine has no GPU {}, only {}", all.text(), device,
                                      gpus.usable.empty() ? "none" : names_of(gpus.usable)))
                  .hint(fmt::format("run `{}` to list them", gpus.vendor->lists)));
}

/// The devices that the user named, divided evenly.
Result<Share> named_gpus(const Plan& plan, const MachineGpus& gpus) {
  Share share;
  for (const auto& device : plan.gpus.devices()) {
    TRY_ASSIGN(auto gpu, find_gpu(gpus, device, plan.gpus));
    share.gpus.push_back(std::move(gpu));
  }
  share.per_node = share.gpus.size() / plan.nodes.size();
  if (share.per_node == 0) {
    return fail(
        input_error(fmt::format("--gpus {} names {} for {}", plan.gpus.text(),
                                count_of_gpus(share.gpus.size()), count_of(plan.nodes.size(), "node")))
            .hint("name at least one per node, or use a number of GPUs per node"));
  }
  return share;
}

Result<Share> choose(const Plan& plan, const MachineGpus& gpus) {
  if (plan.gpus.kind() == GpuSet::Kind::devices) return named_gpus(plan, gpus);
  if (const auto count = plan.gpus.count()) return first_gpus(gpus, *count);
  const auto there = gpus.usable.size();
  return Share{gpus.usable, std::max(there / plan.nodes.size(), std::min<std::size_t>(there, 1))};
}

Result<void> expect_whole(const Gpu& gpu) {
  if (!gpu.divided) return {};
  return fail(input_error(fmt::format("GPU {} is divided into MIG instances and cannot be used as a whole",
                                      gpu.index))
                  .hint("name an instance, as `nvidia-smi -L` lists them: --gpus MIG-…")
                  .hint("or choose other GPUs with --gpus"));
}

/// The files of GPUs that engines do not know.
std::vector<std::string> devices_of(std::span<const Gpu> gpus, const MachineGpus& machine, bool every) {
  if (machine.vendor->device.empty()) return {};
  std::vector<std::string> devices{std::string(machine.vendor->device)};
  if (every) {
    devices.emplace_back(machine.vendor->devices);
    return devices;
  }
  for (const auto& gpu : gpus) {
    if (!gpu.device.empty()) devices.push_back(gpu.device);
  }
  return devices;
}

/// If there are not enough for all, nodes share the last GPUs as well as the first.
void hand_out(Plan& plan, const Share& share, const MachineGpus& machine) {
  const auto there = share.gpus.size();
  const auto per_node = share.per_node;
  const bool shared = per_node * plan.nodes.size() > there;
  // "all" would be those of the engine's machine.
  const bool every = machine.hidden.empty() && per_node == machine.usable.size() && !machine.renumbered &&
                     plan.gpus.kind() != GpuSet::Kind::devices;
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    const auto first = shared ? (node * per_node) % (there - per_node + 1) : node * per_node;
    std::vector<std::string> names;
    for (std::size_t i = first; i < first + per_node; ++i) names.push_back(machine.name_of(share.gpus[i]));
    auto& of_node = plan.nodes[node];
    of_node.gpus = every ? GpuSet::all() : GpuSet::of_devices(std::move(names));
    of_node.devices = devices_of(std::span(share.gpus).subspan(first, per_node), machine, every);
  }
  if (!shared) return;
  plan.notes.push_back(fmt::format("{} share {}: fine for a trial, but slow",
                                   count_of(plan.nodes.size(), "node"), count_of_gpus(there)));
  for (auto& node : plan.nodes) {
    add_variable(plan, node,
                 {"NCCL_HOSTID", fmt::format("{}-{}", plan.run, node.host),
                  fmt::format("nodes share a GPU, which {} does not allow for two ranks on one host",
                              machine.vendor->library)});
  }
}

void add_notes(Plan& plan, const Share& share, const MachineGpus& machine) {
  const auto nodes = plan.nodes.size();
  const auto used = share.per_node * nodes;
  if (!machine.hidden.empty() && plan.gpus.kind() != GpuSet::Kind::devices) {
    const auto left = machine.usable.size();
    const bool instances = left + machine.hidden.size() != machine.existing();
    plan.notes.push_back(
        instances ? fmt::format("{} leaves this run {}", machine.limit, count_of(left, "MIG instance"))
                  : fmt::format("{} leaves this run {} of {}", machine.limit, left,
                                count_of_gpus(machine.existing())));
  }
  const bool asked_for_all = plan.gpus.kind() != GpuSet::Kind::count;
  if (asked_for_all && used < share.gpus.size()) {
    const auto idle = share.gpus.size() - used;
    plan.notes.push_back(fmt::format("{} of {} {} idle: each of {} uses {}", idle,
                                     count_of_gpus(share.gpus.size()), idle == 1 ? "stays" : "stay",
                                     count_of(nodes, "node"), share.per_node));
  }
  if (nodes > 1 && used <= share.gpus.size()) {
    plan.notes.push_back(
        fmt::format("nodes on one machine reach each other over sockets, not {}: --nodes 1 is faster",
                    machine.vendor->links));
  }
}

Result<void> use_no_gpu(Plan& plan, std::string why) {
  plan.backend = "gloo";
  TRY(set_ranks(plan, 0));
  plan.notes.push_back(fmt::format("{}: {} per node, on the CPU with gloo", why, ranks_per_node_text(plan)));
  return {};
}

std::string no_gpu(const GpuVendor& vendor) {
  return fmt::format("this machine has no {} GPU", vendor.name);
}

std::string why_none(const Plan& plan, const MachineGpus& gpus) {
  if (gpus.existing() == 0) return no_gpu(*gpus.vendor);
  if (plan.gpus.empty()) return "no GPUs requested";
  return fmt::format("{} hides all GPUs", gpus.limit);
}

}  // namespace

Result<void> share_gpus(Plan& plan, const PlanRequest& request, const MachineGpus& gpus) {
  using specs::Accelerator;
  plan.vendor = gpus.vendor;
  if (request.accelerator && gpu_vendor(*request.accelerator) != gpus.vendor) {
    const bool on_cpu = request.accelerator->kind() == Accelerator::Kind::cpu;
    const auto built = on_cpu ? std::string("the lock has no CUDA packages")
                              : fmt::format("the locked torch is built for {}", request.accelerator->text());
    const auto why = gpus.existing() == 0 ? no_gpu(*gpus.vendor) : built;
    if (!request.gpus || request.gpus->empty() || request.gpus->kind() == GpuSet::Kind::all)
      return use_no_gpu(plan, why);
    return fail(input_error(fmt::format("--gpus {}: {}", request.gpus->text(), built))
                    .hint("lock a torch for CUDA with `cuda` under [torch], or omit --gpus"));
  }
  TRY_ASSIGN(const auto share, choose(plan, gpus));
  if (share.per_node == 0) return use_no_gpu(plan, why_none(plan, gpus));
  plan.backend = "nccl";
  TRY(set_ranks(plan, share.per_node));
  const auto used = std::min(share.per_node * plan.nodes.size(), share.gpus.size());
  for (std::size_t i = 0; i < used; ++i) {
    TRY(expect_whole(share.gpus[i]));
    if (!share.gpus[i].address.empty()) plan.gpu_addresses.push_back(share.gpus[i].address);
  }
  hand_out(plan, share, gpus);
  add_notes(plan, share, gpus);
  return {};
}

std::vector<std::string> busy_gpus(const Plan& plan, const MachineGpus& gpus,
                                   const std::vector<GpuUser>& others) {
  constexpr std::uint64_t kIdle = std::uint64_t{1} << 30;  // the driver itself takes some hundred MiB
  std::vector<std::string> warnings;
  for (const auto& gpu : gpus.usable) {
    const auto uses = [&](const GpuSet& set) { return pytorch::has_gpu(set, gpu); };
    if (std::none_of(plan.nodes.begin(), plan.nodes.end(), [&](const auto& node) { return uses(node.gpus); }))
      continue;
    const auto other =
        std::find_if(others.begin(), others.end(), [&](const auto& each) { return uses(each.gpus); });
    const auto memory = gpu.used.value_or(0) <= kIdle
                            ? std::string()
                            : fmt::format("{} of its {} in use", human_bytes(*gpu.used),
                                          gpu.memory ? human_bytes(*gpu.memory) : "memory");
    if (other != others.end()) {
      warnings.push_back(fmt::format("GPU {} is used by the run {}{}", gpu.index, other->run,
                                     memory.empty() ? "" : ", and has " + memory));
    } else if (!memory.empty()) {
      warnings.push_back(
          fmt::format("GPU {} has {} by another program; choose others with --gpus", gpu.index, memory));
    }
  }
  return warnings;
}

}  // namespace launch::train
