#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "train/rank_line.hpp"

namespace launch::train {

/// How one rank ended.
struct RankEnd {
  int node = 0;
  int rank = 0;
  RankEvent event;
  std::vector<std::string> last_lines = {};  ///< of both its streams
  bool failed() const { return event.code != 0 || event.signal != 0; }
};

/// How one node's torchrun ended.
struct NodeEnd {
  int node = 0;
  int code = 0;                              ///< 128 + signal when a signal ended it
  std::vector<std::string> last_lines = {};  ///< of torchrun itself
  bool told = false;                         ///< it was asked to end before it did
  double started = 0;                        ///< seconds since 1970
  double time = 0;                           ///< when it ended, seconds since 1970
};

enum class CauseKind {
  exception,   ///< a rank raised
  signal,      ///< a signal that nobody of ours sent ended it
  exit,        ///< it ended with a code and no traceback
  launcher,    ///< a node's torchrun failed by itself
  timeout,     ///< a collective waited too long
  connection,  ///< another rank was gone: a victim
  stopped,     ///< it was asked to end: a victim
};
/// "exception", as --json and the run record say it.
std::string_view kind_name(CauseKind kind);

/// Why a run failed.
struct Cause {
  int node = 0;
  std::optional<int> rank;  ///< none: the node's torchrun
  CauseKind kind = CauseKind::exit;
  int code = 1;         ///< what `launch train` returns: the rank's code, 128 + signal
  double time = 0;      ///< when it failed, seconds since 1970
  std::string message;  ///< "RuntimeError: boom"
  std::string hint;
  std::vector<std::string> last_lines;
  /// "rank 3 on node 1 raised RuntimeError: boom"
  std::string sentence() const;
};

/// What the end of one rank says by itself. The time of an exception is when its traceback began, since a
/// rank can take seconds to leave after that.
Cause cause_of(const RankEnd& end);

/// The cause among all that ended: whoever failed by itself first; then who waited too long; then those that
/// lost a peer or were asked to end. Nothing when nobody failed.
std::optional<Cause> find_cause(std::span<const RankEnd> ranks, std::span<const NodeEnd> nodes);

/// A failure as torchrun's closing table tells it: the only word on a rank whose rank.py was killed.
struct TorchrunFailure {
  int rank = 0;
  int code = 0;  ///< negative: the signal
};
std::optional<TorchrunFailure> read_torchrun_failure(std::span<const std::string> lines);

/// The line of the last exception in a rank's lines: "RuntimeError: boom". Empty when there is none.
std::string exception_in(std::span<const std::string> lines);

}  // namespace launch::train
