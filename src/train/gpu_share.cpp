#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "train/plan.hpp"

namespace launch::train {
namespace {

using specs::GpuSet;

std::string count_of_gpus(std::size_t count) {
  return count_of(count, "GPU");
}

Result<void> expect_enough(std::size_t wanted, std::size_t existing) {
  if (wanted <= existing) return {};
  return fail(input_error(fmt::format("{} per node requested, but this machine has {}", count_of_gpus(wanted),
                                      existing))
                  .hint("use --gpus with fewer, or --gpus 0 to train on the CPU"));
}

Result<void> expect_devices(const Plan& plan, std::size_t existing) {
  if (plan.nodes.size() > 1) {
    return fail(input_error(fmt::format("--gpus {} names the GPUs of one node, but there are {}",
                                        plan.gpus.text(), plan.nodes.size()))
                    .hint("use --nodes 1, or a number of GPUs per node"));
  }
  TRY(expect_enough(plan.gpus.devices().size(), existing));
  for (const auto& device : plan.gpus.devices()) {
    const auto index = parse_u64(device);  // else a UUID, which the engine knows
    if (!index || *index < existing) continue;
    return fail(input_error(fmt::format("--gpus {}: this machine has no GPU {}, only 0 to {}",
                                        plan.gpus.text(), device, existing - 1)));
  }
  return {};
}

GpuSet range(std::size_t first, std::size_t count) {
  std::vector<std::string> devices;
  for (std::size_t i = 0; i < count; ++i) devices.push_back(std::to_string(first + i));
  return GpuSet::of_devices(std::move(devices));
}

/// If there are not enough for all, shares the last GPUs as well as the first.
void hand_out(Plan& plan, std::size_t per_node, std::size_t existing) {
  const bool shared = per_node * plan.nodes.size() > existing;
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    const auto first = shared ? (node * per_node) % (existing - per_node + 1) : node * per_node;
    plan.nodes[node].gpus = per_node == existing ? GpuSet::all() : range(first, per_node);
  }
  if (!shared) return;
  plan.notes.push_back(fmt::format("{} share {}: fine for a trial, but slow",
                                   count_of(plan.nodes.size(), "node"), count_of_gpus(existing)));
  for (auto& node : plan.nodes) {
    add_variable(plan, node,
                 {"NCCL_HOSTID", fmt::format("{}-{}", plan.run, node.host),
                  "nodes share a GPU, which NCCL does not allow for two ranks on one host"});
  }
}

}  // namespace

Result<void> share_gpus(Plan& plan, int existing) {
  const auto there = static_cast<std::size_t>(std::max(existing, 0));
  std::size_t per_node = 0;
  switch (plan.gpus.kind()) {
    case GpuSet::Kind::all:
      per_node = std::max(there / plan.nodes.size(), std::min<std::size_t>(there, 1));
      break;
    case GpuSet::Kind::count:
      per_node = *plan.gpus.count();
      TRY(expect_enough(per_node, there));
      break;
    case GpuSet::Kind::devices:
      per_node = plan.gpus.devices().size();
      TRY(expect_devices(plan, there));
      break;
  }
  plan.backend = per_node > 0 ? "nccl" : "gloo";
  TRY(set_ranks(plan, per_node));
  if (per_node == 0) {
    plan.notes.push_back(fmt::format("{}: {} per node, on the CPU with gloo",
                                     there == 0 ? "this machine has no NVIDIA GPU" : "no GPUs requested",
                                     ranks_per_node_text(plan)));
  } else if (plan.gpus.kind() == GpuSet::Kind::devices) {
    plan.nodes.front().gpus = plan.gpus;
  } else {
    hand_out(plan, per_node, there);
  }
  return {};
}

}  // namespace launch::train
