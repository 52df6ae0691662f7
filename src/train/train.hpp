#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "containers/engine.hpp"
#include "train/log_mux.hpp"
#include "train/nodes/nodes.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// The image of the recipe, which must have been built from this lock. Errors (no): it is not there or is
/// another lock's; the hint is the `launch build` that makes it.
Result<TrainImage> find_train_image(const containers::Engine& engine, std::string_view recipe,
                                    const std::string& lock_digest);

/// What became of a run's nodes.
struct Outcome {
  std::vector<RankEnd> ranks;
  std::vector<NodeEnd> nodes;
  std::optional<Cause> cause;  ///< none when all ended well, or were interrupted
  std::optional<Error> error;  ///< a node could not be started
  bool interrupted = false;
  double stop_seconds = 0;  ///< from the first failure (or the interruption) until all nodes were gone
};

/// Runs all nodes of a plan side by side, each on a thread, and ends all of them when one fails or a stop is
/// asked for. Nothing of the run is left behind, whatever happened. Errors (world): what the nodes share
/// could not be made, or something could not be removed.
class Training {
 public:
  Training(const Plan& plan, Nodes& nodes, std::filesystem::path logs, LogMux::Show show, Clock& clock);

  Result<Outcome> run(const std::stop_token& stop);
  std::filesystem::path log_of(const Cause& cause) const { return logs_.log_of(cause.node, cause.rank); }

 private:
  struct State;
  const Plan* plan_;
  Nodes* nodes_;
  Clock* clock_;
  std::shared_ptr<State> state_;
  LogMux logs_;
};

}  // namespace launch::train
