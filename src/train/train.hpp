#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/work.hpp"
#include "train/control.hpp"
#include "train/log_mux.hpp"
#include "train/place.hpp"
#include "train/plan.hpp"

namespace launch::train {

struct TrainingState;

/// How a run's nodes ended.
struct Outcome {
  std::vector<RankEnd> ranks;
  std::vector<NodeEnd> nodes;
  std::optional<Cause> cause;  ///< nullopt if all succeeded, or were interrupted
  std::optional<Error> error;  ///< a node could not be started, or the place failed
  bool began = true;           ///< false: stopped, or refused, before a node was requested
  bool interrupted = false;
  bool hurried = false;           ///< a second request ended the ranks at once
  std::vector<int> unknown = {};  ///< ranks that were started and have no end: they were killed
  std::vector<RankFrame> frames =
      {};                   ///< after a hang or a lost peer: of the ranks that ran, if they could tell
  double stop_seconds = 0;  ///< from the first failure (or the interruption) until all nodes were gone
};

/// Who wants a run to end.
struct StopTokens {
  std::stop_token stop = {};   ///< in its grace time
  std::stop_token again = {};  ///< at once
};

/// Runs a plan at a place, and ends all of it when a rank fails or a stop is requested. Removes everything of
/// the run in any case. Errors (environment): what the nodes share could not be created, or something could
/// not be removed.
class Training {
 public:
  /// `control`: ends the ranks before the place ends the nodes; null: the place does both.
  Training(const Plan& plan, Place& place, Control* control, LogPlaces logs, LogMux::Show show,
           const Work& work);

  Result<Outcome> run(const StopTokens& tokens);

 private:
  using Lock = std::unique_lock<std::mutex>;
  PlaceSinks sinks();
  LogMux::Events rank_events() const;
  void wait_for_cause(Lock& lock, const std::stop_token& stop);
  void ask_the_living(Lock& lock, const std::stop_token& stop);
  std::optional<Cause> watch(Lock& lock, const std::stop_token& stop);
  bool has_failed(Lock& lock, const std::stop_token& stop);
  Result<void> wait_and_stop(const StopTokens& tokens, Outcome& outcome);
  void stop_all(std::chrono::seconds grace, const std::stop_token& again);
  bool stop_ranks(std::chrono::seconds grace, const std::stop_token& again);

  const Plan* plan_;
  Place* place_;
  Control* control_;
  Work work_;
  std::shared_ptr<TrainingState> state_;
  LogMux logs_;
};

}  // namespace launch::train
