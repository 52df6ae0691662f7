#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "train/blame.hpp"
#include "train/rank_line.hpp"

namespace launch::train {

/// How a rank ended.
struct RankEnd {
  int node = 0;
  int rank = 0;
  RankEvent event;
  std::vector<std::string> last_lines = {};  ///< of both its streams
  bool failed() const { return event.code != 0 || event.signal != 0; }
};

/// A rank that had not ended when the run was stopped.
struct UnfinishedRank {
  int node = 0;
  int rank = 0;
  std::vector<std::string> stacks = {};        ///< of its threads then, if it could tell
  std::vector<std::string> last_lines = {};    ///< of both its streams
  std::optional<RankException> handling = {};  ///< then, such as one after which it cleans up
};

/// What a rank did when a run that hung was ended.
struct RankFrame {
  int node = 0;
  int rank = 0;
  std::string at;  ///< the innermost frame of its main thread: "train.py:31 in load"
};

/// How a node's torchrun ended.
struct NodeEnd {
  int node = 0;
  int code = 0;                              ///< 128 + signal when a signal ended it
  std::vector<std::string> last_lines = {};  ///< of torchrun itself
  bool asked_to_end = false;                 ///< before it ended
  double started = 0;                        ///< seconds since 1970
  double time = 0;                           ///< when it ended, seconds since 1970
};

enum class CauseKind {
  exception,   ///< a rank raised
  signal,      ///< it was killed by a signal that launch did not send
  oom,         ///< the kernel killed it for want of memory
  exit,        ///< it exited with a code, without an exception
  launcher,    ///< a node's torchrun failed by itself
  rendezvous,  ///< the nodes did not find each other in time
  left,        ///< it ended with code 0, and others lost it or waited for it
  hang,        ///< it did not join a collective in which others waited for it; without a rank, none moves
  closed,      ///< others lost it while it ran on, elsewhere than in a collective
  timeout,     ///< a collective waited too long: a victim
  connection,  ///< another rank was gone: a victim
  stopped,     ///< it was asked to end: a victim
};
/// "exception", as in --json and the run record.
std::string_view kind_name(CauseKind kind);
/// That of a victim, or `own`.
CauseKind kind_of_blame(Blame blame, CauseKind own);
/// "SIGKILL".
std::string signal_name(int number);
/// What to do about a SIGKILL of which nothing else is known.
inline constexpr const char* kAfterSigkill =
    "SIGKILL usually means out of memory: check dmesg or reduce memory use";
/// What to do about a rank that did not send its stacks.
std::string no_answer_hint(int node);

/// Why a run failed.
struct Cause {
  int node = 0;
  std::optional<int> rank;  ///< nullopt: the node's torchrun
  CauseKind kind = CauseKind::exit;
  int code = 1;         ///< what `launch train` returns: the rank's code, 128 + signal
  double time = 0;      ///< when it failed, seconds since 1970
  std::string message;  ///< "RuntimeError: boom"
  std::string hint;
  bool repeats = false;  ///< a new attempt would end in the same way: a wrong argument, an import that fails
  std::vector<std::string> last_lines;  ///< the traceback or stack, or the end of the output
  /// "rank 3 on node 1 raised RuntimeError: boom"
  std::string sentence() const;
};

/// The cause according to one rank's end alone. Its time is that of the exception, if there was one: a rank
/// can take seconds to exit after that.
Cause cause_of(const RankEnd& end);

/// True if the rank failed only since another one did, or was late; the true cause may still follow.
bool is_victim(CauseKind kind);

/// The cause among all ends. Evidence comes before time: first those that failed by themselves, then a
/// torchrun that did. If there are only victims: a rank that left with code 0 before them; after time-outs,
/// the rank that others waited for; where ranks only lost a peer, one that crashed after it was asked to end,
/// or the one that ran on elsewhere, with its exception if it was cleaning up after one; else the first
/// victim, those that timed out before those that lost a peer or were stopped. nullopt if nothing failed.
std::optional<Cause> find_cause(std::span<const RankEnd> ranks, std::span<const NodeEnd> nodes,
                                std::span<const UnfinishedRank> unfinished = {});

/// A rank's main thread, whose stack comes first, waits for others: in a collective or at their store. Not
/// one that writes a checkpoint, or leaves the others.
bool waits(std::span<const std::string> stacks);

/// "train.py:31 in load", the innermost frame of the main thread; empty if unknown.
std::string frame_text(std::span<const std::string> stacks);

/// A failure in torchrun's closing table: the only report on a rank whose rank.py was killed.
struct TorchrunFailure {
  int rank = 0;
  int code = 0;  ///< negative: the signal
};
std::optional<TorchrunFailure> read_torchrun_failure(std::span<const std::string> lines);

/// The line of the last exception in torchrun's output: "RuntimeError: boom". Empty if there is none.
std::string exception_in(std::span<const std::string> lines);

}  // namespace launch::train
