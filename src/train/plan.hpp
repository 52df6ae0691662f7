#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "containers/engine.hpp"
#include "fabric/choice.hpp"
#include "project/recipe.hpp"
#include "project/verification.hpp"
#include "specs/accelerator.hpp"
#include "specs/gpu_set.hpp"
#include "train/given.hpp"
#include "train/gpu_vendors.hpp"
#include "train/rendezvous.hpp"

namespace launch::train {

/// Where a node finds the run's files for it (RunFolder::node_folder), and rank.py among them.
inline constexpr const char* kNodeFolder = "/run/launch";
inline constexpr const char* kRankScript = "/run/launch/rank.py";
inline constexpr const char* kNodeScript = "/run/launch/node.sh";
/// The signal that ends a node's torchrun, whoever watches over the run (node.sh).
inline constexpr const char* kStopSignal = "SIGPWR";
/// In every rank of a run with restarts: how many attempts came before this one.
inline constexpr const char* kAttemptVariable = "LAUNCH_ATTEMPT";
/// Where a node finds the files of Plan::secrets, and the variable with their names, for rank.py.
inline constexpr const char* kSecretsFolder = "/run/secrets";
inline constexpr const char* kSecretsVariable = "LAUNCH_SECRETS";

/// A variable that a run sets, and the reason.
struct Variable {
  std::string name;
  std::string value;
  std::string reason;
  bool hidden = false;  ///< the value is in no command line and no record
  /// "NAME=VALUE"; "NAME" if the value is hidden.
  std::string shown() const { return hidden ? name : name + "=" + value; }
};

/// The image of a run.
struct TrainImage {
  std::string name;                          ///< "localhost/launch/demo:latest"
  std::optional<Digest> image_id = {};       ///< nullopt until the place has found the image
  std::optional<Digest> digest = {};         ///< of the manifest; nullopt if the place does not know it
  std::optional<Digest> lock_digest = {};    ///< of the lock it was built from; nullopt without a label
  std::optional<Digest> recipe_digest = {};  ///< of the recipe it was rendered from; the same
  std::optional<Digest> files_digest = {};   ///< of the project's files in it; the same
  std::string user = {};                     ///< of its containers: "trainer"; empty: root
};

/// What nodes run in: the recipe's image, or an environment that is mounted over the base image.
enum class EnvironmentKind { image, mounted };
std::string_view environment_name(EnvironmentKind kind);
/// nullopt for any other name.
std::optional<EnvironmentKind> environment_named(std::string_view name);

/// What makes containers of a base image like those of the recipe's image.
struct MountedEnvironment {
  Digest key = Digest::of("");                        ///< of all that it was made of
  std::string reason = {};                            ///< why there is no image
  std::vector<project::MountEntry> mounts = {};       ///< read-only folders of this machine
  std::map<std::string, std::string> variables = {};  ///< those of the image
  std::string user = {};                              ///< empty: the base image's
  std::string folder = {};                            ///< where it starts; empty: as the base image says
  std::filesystem::path files = {};                   ///< a tar to unpack into each node; empty: none
  /// Writes `files`, once the run has begun.
  std::function<Result<void>(const std::filesystem::path& files)> write_files = {};
};

/// The time that ranks have between SIGTERM and SIGKILL when their run is ended: to save what they have, or,
/// after a rank failed, only to end in order, since they cannot reach each other any more.
struct Grace {
  std::chrono::seconds interrupted{30};
  std::chrono::seconds failed{2};
};

/// How long a run waits for its ranks before it looks into what keeps them.
struct Patience {
  std::chrono::milliseconds rendezvous{300'000};  ///< until a rank runs on every node; 0: no limit
  std::chrono::milliseconds silence{600'000};     ///< until no rank has printed a line; 0: no limit
  std::chrono::milliseconds second_look{10'000};  ///< after the first one at silent ranks: whether any moves
  bool ends_hang = false;                  ///< silent ranks that do not move are ended; else only named
  std::chrono::milliseconds left{10'000};  ///< after a rank has left with code 0, until that is said
};

struct NodePlan {
  int index = 0;
  std::string host;                            ///< "n0", the name under which other nodes find it
  specs::GpuSet gpus = specs::GpuSet::none();  ///< of its machine: all, none, or a list; never a number
  std::vector<std::string> devices = {};       ///< by which it gets them, if not by their names
  std::vector<Variable> environment = {};      ///< of this node only, in addition to the plan's
};

/// All that a run will do, decided before anything is started, in terms that suit every place. Whether a node
/// becomes a container, a task or a pod is up to the place.
struct Plan {
  std::string run;     ///< "demo-20261124-055512-3fa2"
  std::string recipe;  ///< "demo"
  Digest lock_digest = Digest::of("");
  TrainImage image;                                    ///< with `mounted`, the base image
  std::optional<project::Verification> verified = {};  ///< of lock and image; nullopt: they are not verified
  std::optional<MountedEnvironment> mounted = {};
  Rendezvous rendezvous;
  std::string backend;                             ///< what the ranks can use: "nccl" or "gloo"
  const GpuVendor* vendor = gpu_vendors().data();  ///< of the GPUs
  specs::GpuSet gpus = specs::GpuSet::all();       ///< requested: per node, or devices of all nodes
  std::vector<std::string> command = {};           ///< given to torchrun
  std::vector<std::string> arguments = {};         ///< after the command: the user's
  std::vector<Variable> environment = {};          ///< of every node; sorted by name
  /// Of every node; both paths are absolute and normal.
  std::vector<project::MountEntry> mounts = {};
  /// NCCL's files of this machine, at the same paths: in addition.
  std::vector<project::MountEntry> nccl_mounts = {};
  std::map<std::string, std::string> secrets = {};  ///< variable → file of this machine with its value
  std::string workdir = {};                         ///< of the ranks; empty: the image's
  std::optional<containers::UserIds> caller = {};   ///< see RunSpec::caller
  std::optional<int> wanted_ranks = {};             ///< per node; nullopt: one per GPU, or one
  std::filesystem::path node_folder = {};           ///< on this machine; kNodeFolder in a node
  std::uint64_t shm_bytes = 0;                      ///< limit of a node's /dev/shm
  Grace grace = {};
  Patience patience = {};
  int restarts = 0;  ///< at most, after failures
  int earlier = 0;   ///< attempts before this one
  /// The PCI addresses of the GPUs that nodes use, as the kernel's log has them; empty: unknown.
  std::vector<std::string> gpu_addresses = {};
  bool preflight = false;  ///< GPUs and network are checked before the training (preflight.hpp)
  std::vector<NodePlan> nodes = {};
  std::vector<std::string> notes = {};  ///< what the user must know
  /// Of a node: "nofile" → "soft:hard".
  std::map<std::string, std::string> ulimits = {};
  /// Of its machine, that a node gets besides GPUs.
  std::vector<std::string> devices = {};
  /// Whose members may use the nodes' own devices, as this machine numbers them.
  std::vector<unsigned> device_groups = {};
  /// NCCL's release in the lock; nullopt if it does not say it.
  std::optional<fabric::NcclVersion> nccl = {};
  /// Variables that are left to NCCL, or to what is set already.
  std::vector<fabric::LeftAlone> left_alone = {};

  EnvironmentKind environment_kind() const {
    return mounted ? EnvironmentKind::mounted : EnvironmentKind::image;
  }
  int world_size() const { return rendezvous.nodes * rendezvous.ranks_per_node; }
};

struct PlanRequest {
  std::string run;
  Digest lock_digest = Digest::of("");
  std::filesystem::path project;      ///< base of relative mounts
  std::filesystem::path node_folder;  ///< on this machine
  std::optional<int> nodes;           ///< else the recipe's
  std::optional<specs::GpuSet> gpus;  ///< per node, or devices of all nodes; else the recipe's
  std::optional<specs::Accelerator> accelerator =
      {};                                     ///< that the locked torch is built for; nullopt: unknown
  int port = 29500;                           ///< 0: chosen
  std::optional<std::chrono::seconds> grace;  ///< when interrupted; else the recipe's
  project::RunLimits limits = {};             ///< else the recipe's
  std::vector<std::string> arguments = {};    ///< for the training script, after the recipe's
  Given given = {};                           ///< of the ranks, in addition to the recipe
  /// Of the lock, see Plan.
  std::optional<fabric::NcclVersion> nccl = {};
};

/// The parts of a plan that are the same everywhere; the place adds GPUs, limits and variables. Pure. Errors
/// (input): no [train] command; a number of nodes or a port out of range; those of add_given.
Result<Plan> plan_run(const project::Recipe& recipe, const PlanRequest& request);

/// The variable of that name; null if there is none.
const Variable* find_variable(const std::vector<Variable>& variables, std::string_view name);
/// Adds a variable for every node, or for one, unless the plan has it.
void add_variable(Plan& plan, Variable variable);
void add_variable(const Plan& plan, NodePlan& node, Variable variable);
/// The plan of an attempt; `earlier`: how many came before. Its ranks see that in LAUNCH_ATTEMPT.
Plan plan_of_attempt(const Plan& plan, int earlier);
/// All variables of a node, sorted by name.
std::vector<Variable> environment_of(const Plan& plan, const NodePlan& node);
/// The argument vector of a node: node.sh, which starts torchrun, which starts rank.py, which starts the
/// command.
std::vector<std::string> argv_of(const Plan& plan, const NodePlan& node);

/// "demo-20261124-055512-3fa2": the recipe's name in a form allowed in container names, the UTC time and four
/// hex digits.
std::string run_id(std::string_view recipe, std::chrono::system_clock::time_point now, std::uint16_t random);

}  // namespace launch::train
