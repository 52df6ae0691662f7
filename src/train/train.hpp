#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/work.hpp"
#include "train/log_mux.hpp"
#include "train/place.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// How a run's nodes ended.
struct Outcome {
  std::vector<RankEnd> ranks;
  std::vector<NodeEnd> nodes;
  std::optional<Cause> cause;  ///< nullopt if all succeeded, or were interrupted
  std::optional<Error> error;  ///< a node could not be started, or the place failed
  bool interrupted = false;
  double stop_seconds = 0;  ///< from the first failure (or the interruption) until all nodes were gone
};

/// Runs a plan at a place, and ends all of it when a rank fails or a stop is requested. Removes everything of
/// the run in any case. Errors (environment): what the nodes share could not be created, or something could
/// not be removed.
class Training {
 public:
  Training(const Plan& plan, Place& place, std::filesystem::path logs, LogMux::Show show, const Work& work);

  Result<Outcome> run(const std::stop_token& stop);

 private:
  struct State;
  using Lock = std::unique_lock<std::mutex>;
  PlaceSinks sinks();
  LogMux::Events rank_events() const;
  void wait_for_cause(Lock& lock, const std::stop_token& stop);
  void look_into_hang(Lock& lock, const std::stop_token& stop);
  Result<void> wait_and_stop(const std::stop_token& stop, Outcome& outcome);

  const Plan* plan_;
  Place* place_;
  Clock* clock_;
  std::shared_ptr<State> state_;
  LogMux logs_;
};

}  // namespace launch::train
