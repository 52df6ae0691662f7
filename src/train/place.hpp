#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
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
#include "train/plan.hpp"

namespace launch::train {

/// The place began to run a node. What the node says follows as lines.
struct NodeStarted {
  int node = 0;
};
/// A node could not be started, or was lost; without a node, the place as a whole.
struct PlaceFailed {
  std::optional<int> node;
  Error error;
};
using PlaceEvent = std::variant<NodeStarted, NodeEnd, PlaceFailed>;

/// What a place tells of a run. Both are called from any thread, several at once, until `finish` returns.
struct PlaceSinks {
  /// A line of a node's output. Its rank is in it, as rank.py writes it.
  std::function<void(int node, Stream stream, std::string_view line)> line;
  /// Every node that was asked for comes to one end: NodeEnd or PlaceFailed.
  std::function<void(PlaceEvent event)> event;
};

/// How a place names the parts of a run.
struct PlaceDescription {
  std::string software;            ///< "podman 4.3.1"
  std::vector<std::string> nodes;  ///< what each node is there: its container's name
};

/// What finds a run again when the process that started it is gone: kept in the run's record.
struct PlaceHandle {
  std::string place;    ///< "local"
  std::string engine;   ///< "podman"
  std::string program;  ///< "podman", or the path that the user gave
};

/// Where a run is: this machine now, hosts and schedulers later.
///
/// A place starts, watches and stops a WHOLE run, and nothing in this interface waits for a single node:
/// - srun and a Kubernetes JobSet start all nodes by one request and watch them by one stream; a thread per
///   node would be a fiction there, and 1,024 of them a burden. Over ssh and with local containers there is
///   one client process per node; how those are watched is the place's own affair.
/// - Lines go straight to a sink, since a run can print a million of them per second; the few events that
///   decide something go to the other. Where the lines of all nodes come as one stream (srun), the place
///   takes the node from the rank that rank.py writes before each line.
/// - Who failed first, and whether that ends the run, is decided by Training, the same everywhere. So `stop`
///   only asks, and may be called again with less grace (a second Ctrl-C) while the first is at work.
/// - A batch job outlives the process that submitted it. So `remove` needs no plan but the run's id, and the
///   handle in the record is enough to open the place again.
class Place {
 public:
  virtual ~Place() = default;

  /// Plans a run on what the place has. Asks no engine, so that what a user got wrong is said first. Errors
  /// (input): those of plan_run, GPUs that do not exist, a mount that does not exist.
  virtual Result<Plan> plan(const project::Recipe& recipe, const PlanRequest& request) const = 0;

  /// Finds what starts the nodes (an engine, a scheduler's client); everything below needs it. Errors
  /// (environment): none works here.
  virtual Result<void> open() = 0;
  /// The image that nodes would get under this name; nullopt if there is none.
  virtual Result<std::optional<TrainImage>> find_image(const std::string& name) const = 0;
  virtual PlaceDescription describe(const Plan& plan) const = 0;
  virtual PlaceHandle handle() const = 0;
  /// What is started, as argument vectors in their order: for --dry-run. Pure.
  virtual std::vector<std::vector<std::string>> commands(const Plan& plan) const = 0;

  /// Asks for all nodes and returns. The plan must outlive `finish`. Errors (environment): what the nodes
  /// share could not be made; then no node was asked for.
  virtual Result<void> start(const Plan& plan, PlaceSinks sinks) = 0;
  /// Asks all nodes to end: SIGTERM, and SIGKILL after the grace time. Returns at once; the ends follow.
  virtual void stop(std::chrono::seconds grace) = 0;
  /// Waits for the nodes and removes all that was made for the run. Errors (environment): something could not
  /// be ended or removed.
  virtual Result<void> finish() = 0;

  /// Ends and removes everything of a run, whoever started it, until nothing of it is seen any more.
  virtual Result<void> remove(const std::string& run) = 0;
};

/// What places are made of.
struct PlaceTools {
  Clock& clock;
  Machine machine;
  std::function<Result<containers::Engine>()> engine;  ///< finds it when first asked
};

/// A row of the table of places: `--on NAME`.
struct PlaceKind {
  std::string_view name;
  std::string_view meaning;
  std::unique_ptr<Place> (*make)(PlaceTools tools);
};

/// All there are; the first is the default.
const std::vector<PlaceKind>& place_kinds();
/// The place of that name. Errors (input): an unknown name; the known ones are listed.
Result<std::unique_ptr<Place>> make_place(std::string_view name, PlaceTools tools);
/// The place of a run's record, opened. Errors (input): the record is of another version of launch.
Result<std::unique_ptr<Place>> open_place(const PlaceHandle& handle, ProcessRunner& runner, const Work& work);

}  // namespace launch::train
