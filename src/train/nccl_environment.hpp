#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fabric/choice.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// NCCL's release in a lock; nullopt if no package says it (CPU, ROCm, torch before 2.1).
std::optional<fabric::NcclVersion> nccl_of(const project::Lockfile& lock);

/// Where to read what decides NCCL's environment on a machine.
struct NcclRoot {
  std::filesystem::path root = {};                     ///< "/" or a recorded tree; empty: nothing is known
  std::optional<std::filesystem::path> own_conf = {};  ///< the user's configuration of NCCL, if there is one
};

/// What decides NCCL's environment on a machine.
struct NcclHost {
  fabric::Topology topology = {};
  std::vector<fabric::ConfFile> conf_files = {};  ///< in NCCL's order, the user's own before /etc/nccl.conf
};

/// `environment`: of the nodes, so far.
NcclHost read_nccl_host(const NcclRoot& root, const std::vector<Variable>& environment);

/// The nodes that NCCL connects.
struct NcclNodes {
  enum class On {
    one_machine,  ///< containers of one machine, on a network of their own
    machines,     ///< each has a machine and its network
  };

  On on = On::one_machine;
  int count = 1;
  std::string interface = {};                  ///< on one machine: the containers' in their network
  std::optional<fabric::IpAddress> head = {};  ///< on several: where they meet
};

/// What NCCL needs on a machine of a run.
struct NcclEnvironment {
  std::vector<Variable> variables = {};
  std::vector<fabric::LeftAlone> left_alone = {};
  std::vector<std::string> notes = {};           ///< what the user must know
  std::vector<project::MountEntry> mounts = {};  ///< files of the machine, at the same paths
  std::vector<std::string> devices = {};         ///< "/dev/infiniband"
  bool locks_memory = false;                     ///< RDMA registers memory, without a limit
};

/// The environment for a plan's nodes on this machine. What the plan's environment sets stays, and what the
/// machine's own configuration of NCCL sets stays unless it cannot work in the nodes. On one machine, HCAs
/// are not used: nodes have sockets between them. Pure.
NcclEnvironment nccl_environment(const NcclHost& host, const NcclNodes& nodes, const Plan& plan);

/// Adds it to a plan, for every node.
void add_nccl(Plan& plan, NcclEnvironment environment);

}  // namespace launch::train
