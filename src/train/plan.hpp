#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "containers/engine.hpp"
#include "project/labels.hpp"
#include "project/recipe.hpp"
#include "train/machine.hpp"
#include "train/rendezvous.hpp"

namespace launch::train {

using project::kRunLabel;
/// Between SIGTERM and SIGKILL when a run is ended, in seconds.
inline constexpr int kGraceSeconds = 2;
/// Where rank.py lies in a container.
inline constexpr const char* kRankScript = "/run/launch/rank.py";

/// A variable that a run sets, and why.
struct Variable {
  std::string name;
  std::string value;
  std::string reason;
};

/// The image that a run uses.
struct TrainImage {
  std::string name;      ///< "localhost/launch/demo:latest"
  std::string image_id;  ///< "sha256:…"
  std::string digest;    ///< "sha256:…" of the manifest
};

struct NodePlan {
  int index = 0;
  std::string host;  ///< "n0"
  containers::RunSpec container;
  std::vector<Variable> environment;  ///< what container.environment holds, with reasons
};

/// All that a run will do, fixed before anything is started.
struct Plan {
  std::string run;          ///< "demo-20261124-055512-3fa2"
  std::string recipe;       ///< "demo"
  std::string lock_digest;  ///< "sha256:…"
  TrainImage image;
  std::string network;  ///< "launch-RUN"
  Rendezvous rendezvous;
  std::string backend;               ///< what the ranks can use: "nccl" or "gloo"
  std::vector<std::string> command;  ///< given to torchrun
  std::vector<NodePlan> nodes;
  std::vector<std::string> notes;  ///< what a person must know of it
  int world_size() const { return rendezvous.nodes * rendezvous.ranks_per_node; }
};

struct PlanRequest {
  std::string run;
  std::string lock_digest;
  TrainImage image;
  std::filesystem::path project;      ///< relative mounts begin here
  std::filesystem::path rank_script;  ///< rank.py on this machine
  std::optional<int> nodes;           ///< else the recipe's
  std::optional<std::string> gpus;    ///< "all" or a number a node; else the recipe's
  std::uint16_t port = 29500;
  std::vector<std::string> arguments;  ///< for the training script, after the recipe's
};

/// Plans a run whose nodes are containers of one machine. Pure. Errors (usage): no [train] command, a number
/// of nodes or GPUs that cannot be.
Result<Plan> plan_local(const project::Recipe& recipe, const PlanRequest& request, const Machine& machine);

/// "demo-20261124-055512-3fa2": the recipe's name as container names may hold it, the UTC time and four hex
/// digits.
std::string run_id(std::string_view recipe, std::chrono::system_clock::time_point now, std::uint16_t random);

}  // namespace launch::train
