#include "train/plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace launch::train {
namespace {

constexpr int kMostNodes = 1024;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

/// GPUs of each node, as indices of this machine's.
struct GpuShare {
  int per_node = 0;
  bool shared = false;  ///< several nodes use one GPU
  std::vector<specs::GpuSet> of_node;
};

Result<std::optional<int>> wanted_gpus(const project::Recipe& recipe, const PlanRequest& request) {
  if (!request.gpus) return recipe.train.gpus;
  if (*request.gpus == "all") return std::nullopt;
  const auto count = parse_u64(*request.gpus);
  if (!count || *count > 1024) {
    return fail(usage_error(fmt::format("--gpus {}: expected \"all\" or a number", *request.gpus)));
  }
  return static_cast<int>(*count);
}

specs::GpuSet devices_from(int first, int count) {
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) out.push_back(std::to_string(first + i));
  return specs::GpuSet::of_devices(std::move(out));
}

Result<GpuShare> share_gpus(std::optional<int> wanted, int nodes, int there) {
  GpuShare share;
  share.of_node.assign(static_cast<std::size_t>(nodes), specs::GpuSet::none());
  if (wanted && *wanted > there) {
    return fail(usage_error(fmt::format("{} a node are asked for, and this machine has {}",
                                        count_of(static_cast<std::size_t>(*wanted), "GPU"), there))
                    .hint("give --gpus, or --gpus 0 to train on the CPU"));
  }
  share.per_node = wanted.value_or(std::max(there / nodes, there > 0 ? 1 : 0));
  if (share.per_node == 0) return share;
  share.shared = share.per_node * nodes > there;
  for (int node = 0; node < nodes; ++node) {
    auto& gpus = share.of_node[static_cast<std::size_t>(node)];
    if (share.per_node == there) {
      gpus = specs::GpuSet::all();
    } else {
      gpus = devices_from(
          share.shared ? (node * share.per_node) % (there - share.per_node + 1) : node * share.per_node,
          share.per_node);
    }
  }
  return share;
}

std::vector<Variable> node_variables(const project::Recipe& recipe, const Plan& plan, const GpuShare& gpus,
                                     int node, const Machine& machine) {
  const auto ranks_here = static_cast<unsigned>(plan.world_size());
  std::vector<Variable> variables{
      {"OMP_NUM_THREADS", std::to_string(std::max(1U, machine.cpus / ranks_here)),
       fmt::format("{} shared by {} on this machine; torchrun would say 1", count_of(machine.cpus, "CPU"),
                   count_of(ranks_here, "rank"))},
      {"GLOO_SOCKET_IFNAME", "eth0",
       "the container's interface in the run's network; gloo would look its own host name up"},
  };
  if (gpus.per_node > 0) {
    variables.push_back({"NCCL_DEBUG", "WARN", "NCCL says what went wrong, and nothing else"});
    variables.push_back(
        {"NCCL_SOCKET_IFNAME", "=eth0", "the container's interface in the run's network, by its exact name"});
    if (gpus.shared) {
      variables.push_back({"NCCL_HOSTID", fmt::format("{}-n{}", plan.run, node),
                           "nodes share a GPU, which NCCL refuses to two ranks of one host"});
    }
  }
  for (const auto& entry : recipe.train.env) {
    std::erase_if(variables, [&](const Variable& variable) { return variable.name == entry.first; });
    variables.push_back({entry.first, entry.second, "[train] env of the recipe"});
  }
  std::sort(variables.begin(), variables.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return variables;
}

std::vector<containers::Mount> mounts_of(const project::Recipe& recipe, const PlanRequest& request) {
  std::vector<containers::Mount> mounts{{request.rank_script.string(), kRankScript, true}};
  for (const auto& mount : recipe.train.mounts) {
    mounts.push_back({(request.project / mount.from).lexically_normal().string(), mount.to, mount.read_only});
  }
  return mounts;
}

/// DataLoader workers and NCCL hand tensors on through /dev/shm. It is a limit and takes nothing by itself:
/// half of the memory, as Linux gives a tmpfs, shared by the nodes.
std::uint64_t shm_bytes(const Machine& machine, int nodes) {
  return std::max(kGiB, machine.memory / 2 / static_cast<std::uint64_t>(nodes) / kGiB * kGiB);
}

NodePlan plan_node(const project::Recipe& recipe, const PlanRequest& request, const Plan& plan,
                   const GpuShare& gpus, int index, const Machine& machine) {
  NodePlan node;
  node.index = index;
  node.host = fmt::format("n{}", index);
  node.environment = node_variables(recipe, plan, gpus, index, machine);
  auto& container = node.container;
  container.name = fmt::format("launch-{}-{}", plan.run, node.host);
  container.image = plan.image.name;
  container.argv = torchrun_arguments(plan.rendezvous, index, kRankScript, plan.command);
  for (const auto& variable : node.environment) container.environment[variable.name] = variable.value;
  container.labels = {{kRunLabel, plan.run}};
  container.mounts = mounts_of(recipe, request);
  container.network = plan.network;
  container.hostname = node.host;
  container.aliases = {node.host};
  container.shm_bytes = shm_bytes(machine, plan.rendezvous.nodes);
  container.pids_limit = -1;  // podman's 2048 is less than a rank a GPU with its data loaders can need
  container.stop_seconds = kGraceSeconds;
  container.gpus = gpus.of_node[static_cast<std::size_t>(index)];
  return node;
}

void add_notes(Plan& plan, const GpuShare& gpus, const Machine& machine) {
  if (gpus.per_node == 0) {
    plan.notes.emplace_back(machine.gpus == 0
                                ? "this machine has no NVIDIA GPU: one rank a node, on the CPU with gloo"
                                : "no GPUs are asked for: one rank a node, on the CPU with gloo");
  } else if (gpus.shared) {
    plan.notes.push_back(fmt::format("{} share {}: good for trying, not for speed",
                                     count_of(plan.nodes.size(), "node"),
                                     count_of(static_cast<std::size_t>(machine.gpus), "GPU")));
  }
}

}  // namespace

Result<Plan> plan_local(const project::Recipe& recipe, const PlanRequest& request, const Machine& machine) {
  if (recipe.train.command.empty()) {
    return fail(usage_error(fmt::format("the recipe {} does not say what to train", recipe.name))
                    .hint("add to it: [train] and command = [\"train.py\"]"));
  }
  const int nodes = request.nodes.value_or(recipe.train.nodes);
  if (nodes < 1 || nodes > kMostNodes) {
    return fail(usage_error(fmt::format("{} nodes: expected 1 to {}", nodes, kMostNodes)));
  }
  TRY_ASSIGN(const auto wanted, wanted_gpus(recipe, request));
  TRY_ASSIGN(const auto gpus, share_gpus(wanted, nodes, machine.gpus));

  Plan plan;
  plan.run = request.run;
  plan.recipe = recipe.name;
  plan.lock_digest = request.lock_digest;
  plan.image = request.image;
  plan.network = "launch-" + request.run;
  plan.rendezvous = {
      .head = "n0", .port = request.port, .nodes = nodes, .ranks_per_node = std::max(1, gpus.per_node)};
  plan.backend = gpus.per_node > 0 ? "nccl" : "gloo";
  plan.command = recipe.train.command;
  plan.command.insert(plan.command.end(), request.arguments.begin(), request.arguments.end());
  for (int index = 0; index < nodes; ++index) {
    plan.nodes.push_back(plan_node(recipe, request, plan, gpus, index, machine));
  }
  add_notes(plan, gpus, machine);
  return plan;
}

std::string run_id(std::string_view recipe, std::chrono::system_clock::time_point now, std::uint16_t random) {
  std::string name;
  for (const char c : recipe) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    name += fits ? c : '-';
  }
  std::string time;  // "2026-11-24T05:55:12Z" without its marks
  for (const char c : utc_timestamp(now)) {
    if (c == 'T') time += '-';
    if (c >= '0' && c <= '9') time += c;
  }
  return fmt::format("{}-{}-{:04x}", name, time, random);
}

}  // namespace launch::train
