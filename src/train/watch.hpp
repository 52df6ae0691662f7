#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "base/work.hpp"
#include "train/control.hpp"
#include "train/hang.hpp"
#include "train/log_mux.hpp"
#include "train/place.hpp"
#include "train/plan.hpp"
#include "train/training_state.hpp"

namespace launch::train {

/// Looks at a run while nothing happens in it: whether its ranks have started everywhere, whether one has
/// left while others work, whether all are silent.
class Watch {
 public:
  /// `control`: null if the ranks cannot be asked.
  Watch(const Plan& plan, Place& place, Control* control, TrainingState& state, LogMux& logs,
        const Work& work);

  /// How long to wait between two looks.
  std::chrono::milliseconds pause() const { return pause_; }
  /// Says what there is to say. A cause ends the run. Returns early on a stop. The state's mutex is not held.
  std::optional<Cause> look(const std::stop_token& stop);

 private:
  using Time = std::chrono::steady_clock::time_point;
  std::optional<Cause> look_for_ranks();
  void look_for_left();
  std::optional<Cause> look_for_silence(const std::stop_token& stop);
  std::optional<Look> ask(const std::stop_token& stop);
  Silence silence_of(Look look, Time now) const;

  const Plan& plan_;
  Place& place_;
  Control* control_;
  TrainingState& state_;
  LogMux& logs_;
  Work work_;
  Time began_;
  bool formed_ = false;                  ///< a rank of every node has started
  std::chrono::milliseconds tell_left_;  ///< after a rank left, until that is said
  Time heard_;                           ///< when a rank last printed a line, or moved
  std::optional<Look> first_;            ///< of two looks at silent ranks
  Time looked_;                          ///< when that was
  bool warned_ = false;                  ///< of this silence
  std::chrono::milliseconds pause_;
};

}  // namespace launch::train
