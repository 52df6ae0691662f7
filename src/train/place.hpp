#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"
#include "train/failure.hpp"
#include "train/machine.hpp"
#include "train/nccl_environment.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// The place started a node. The node's output follows as lines.
struct NodeStarted {
  int node = 0;
};
/// A node could not be started, or was lost; without a node, the place as a whole failed.
struct PlaceFailed {
  std::optional<int> node;
  Error error;
};
using PlaceEvent = std::variant<NodeStarted, NodeEnd, PlaceFailed>;

/// Where a place reports a run. All are called from any thread, concurrently, until `finish` returns.
struct PlaceSinks {
  /// A line of a node's output. It contains the rank, as rank.py writes it.
  std::function<void(int node, Stream stream, std::string_view line)> line;
  /// All lines of a node that have arrived so far were given.
  std::function<void()> pause;
  /// Every requested node ends with exactly one NodeEnd or PlaceFailed.
  std::function<void(PlaceEvent event)> event;
};

/// How far a node has come with the rendezvous, as its kernel tells.
enum class Reach {
  unknown,
  absent,     ///< the node does not run
  idle,       ///< its torchrun has no connection to the head, nor does it listen
  listening,  ///< the head's
  trying,     ///< the head does not answer it
  joined,     ///< it is connected to the head
};

/// A place's names for the parts of a run.
struct PlaceDescription {
  std::string software;            ///< "podman 4.3.1"
  std::vector<std::string> nodes;  ///< each node's name there: that of its container
};

/// The commands of a run: those before its nodes, those of each node (all nodes at once), and those after.
struct PlaceCommands {
  std::vector<containers::Command> before;
  std::vector<std::vector<containers::Command>> nodes;
  std::vector<containers::Command> after;
  std::vector<std::string> variables = {};  ///< whose values the commands take from their environment
};

/// Kept in the run's record to find the run again if the process that started it is gone.
struct PlaceHandle {
  std::string place;    ///< "local"
  std::string engine;   ///< "podman"
  std::string program;  ///< "podman", or the path that the user gave
};

/// Where a run executes: this machine now, hosts and schedulers later.
///
/// A place starts, watches and stops a WHOLE run; nothing in this interface waits for a single node:
/// - srun and a Kubernetes JobSet start all nodes with one request and report them in one stream; one thread
///   per node would be pointless there, and a burden with 1,024 nodes. With ssh and local containers there is
///   one client process per node; how those are watched is up to the place.
/// - Lines go straight to a sink, since a run can print a million of them per second; the few events that
///   matter go to another. If the lines of all nodes arrive in one stream (srun), the place derives the node
///   from the rank that rank.py writes before each line.
/// - Training decides who failed first, and whether that ends the run, in the same way for all places. So
///   `stop` only asks, and may be called again with less grace (a second Ctrl-C) while the first is in
///   progress.
/// - A batch job outlives the process that submitted it. So `remove` needs only the run's ID, and the handle
///   in the record is enough to open the place again.
class Place {
 public:
  virtual ~Place() = default;

  /// Plans a run for what the place has. Runs no engine, so that user errors are reported first. Errors
  /// (input): those of plan_run, GPUs that do not exist, a mount that does not exist.
  virtual Result<Plan> plan(const project::Recipe& recipe, const PlanRequest& request) const = 0;

  /// Finds what starts the nodes (an engine, a scheduler's client), which everything below needs. Errors
  /// (environment): none works here.
  virtual Result<void> open() = 0;
  /// The image that nodes would use for this name; nullopt if there is none.
  virtual Result<std::optional<TrainImage>> find_image(const std::string& name) const = 0;
  virtual PlaceDescription describe(const Plan& plan) const = 0;
  virtual PlaceHandle handle() const = 0;
  /// The commands that would be run: for --dry-run. Pure.
  virtual PlaceCommands commands(const Plan& plan) const = 0;
  /// True if the nodes of a plan are on different hosts, whose GPUs and network are checked before a
  /// training.
  virtual bool has_several_hosts(const Plan& /*plan*/) const { return false; }
  /// Why nodes cannot mount folders of this machine: "podman is the client of a remote service"; empty if
  /// they can.
  virtual std::string why_not_mounted() const { return "its nodes cannot mount folders of this machine"; }
  /// True if nodes that mount folders of the store are not confined by SELinux, as others are.
  virtual bool gives_up_selinux() const { return false; }

  /// Finds out as whom the ranks run, and whether they can write what is mounted for writing: adds what helps
  /// to the plan, and notes where nothing does. Call it once the plan's image is there. `added`: the ID of a
  /// user whom a mounted environment adds to the image. Errors (input): a secret that they cannot read.
  virtual Result<void> fit_user(Plan& /*plan*/, unsigned /*added*/, const std::stop_token& /*stop*/) const {
    return {};
  }

  /// Requests all nodes and returns; again after `finish`, for another attempt. The plan must outlive
  /// `finish`. Errors (environment): what the nodes
  /// share could not be created; then no node was requested.
  virtual Result<void> start(const Plan& plan, PlaceSinks sinks) = 0;
  /// How far each node of a run that was started has come, in the nodes' order. May take seconds.
  virtual std::vector<Reach> reach(const Plan& plan) {
    return std::vector<Reach>(plan.nodes.size(), Reach::unknown);
  }
  /// Asks all nodes to end: SIGTERM, then SIGKILL after the grace time. Returns at once; the ends follow as
  /// events.
  virtual void stop(std::chrono::seconds grace) = 0;
  /// Waits for the nodes and removes everything that was created for the run. Errors (environment): something
  /// could not be ended or removed.
  virtual Result<void> finish() = 0;

  /// The IDs of runs of which something is there, though nothing that works for them runs any more, whoever
  /// started them; sorted.
  virtual Result<std::vector<std::string>> left_runs() const { return std::vector<std::string>(); }
  /// Ends and removes everything of a run, whoever started it, and returns when nothing of it is left.
  virtual Result<void> remove(const std::string& run) = 0;
};

/// What places are created from.
struct PlaceTools {
  Clock& clock;
  Machine machine;
  std::function<Result<containers::Engine>()> engine;  ///< finds it on the first call
  NcclRoot nccl = {};                                  ///< of this machine
};

/// A row of the table of places: `--on NAME`.
struct PlaceKind {
  std::string_view name;
  std::string_view meaning;
  std::unique_ptr<Place> (*make)(PlaceTools tools);
};

/// All kinds; the first is the default.
const std::vector<PlaceKind>& place_kinds();
/// The place of that name. Errors (input): an unknown name (lists the known ones).
Result<std::unique_ptr<Place>> make_place(std::string_view name, PlaceTools tools);
/// The place of a run's record, opened. Errors (input): the record is of another version of launch.
Result<std::unique_ptr<Place>> open_place(const PlaceHandle& handle, ProcessRunner& runner, const Work& work);

}  // namespace launch::train
