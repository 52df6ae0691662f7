#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "train/failure.hpp"
#include "train/place.hpp"
#include "train/ras.hpp"

namespace launch::train {

/// A rank that has ended with code 0, unasked.
struct LeftRank {
  RankEnd end;
  std::chrono::steady_clock::time_point when;
  bool told = false;  ///< to the user
};

/// What is known of a run's nodes and ranks while it lasts. Its functions are thread-safe; its members are
/// guarded by the mutex.
struct TrainingState {
  TrainingState(std::size_t nodes, Clock& used) : expected(nodes), clock(used) {}

  using Key = std::pair<int, int>;  ///< node, rank

  std::mutex mutex;
  std::condition_variable_any changed;
  const std::size_t expected;
  Clock& clock;
  std::vector<RankEnd> ranks;
  std::vector<NodeEnd> nodes;
  std::map<Key, RankEnd> leaving;                   ///< failed, but not yet ended
  std::map<Key, std::vector<std::string>> running;  ///< their stacks, once they sent them
  std::map<int, std::vector<RasMismatch>> ras;      ///< by node, once it answered
  std::vector<Key> silent;  ///< ranks whose node was gone before they reported their end
  std::set<int> reported;   ///< nodes of which a rank has started
  std::vector<LeftRank> left;
  std::map<int, double> started;
  std::set<int> gone;  ///< nodes that ended or failed
  std::optional<Error> error;
  bool place_failed = false;
  bool failed = false;
  bool stopped_only = true;  ///< all failures so far are of ranks that somebody asked to end
  bool culprit = false;      ///< one of the failures is not a victim's
  bool lost_others = false;  ///< a rank timed out waiting for others, or lost its connection to one
  bool stopping = false;

  // With the mutex held.
  bool all_gone() const { return place_failed || gone.size() == expected; }
  void judge(const Cause& cause);
  void forget_stacks() {
    for (auto& rank : running) rank.second.clear();
  }

  // Events.
  void start(int node, int rank);
  void fail(const RankEnd& end);
  void add(const RankEnd& end);
  void add_stacks(int node, int rank, std::vector<std::string> lines);
  void add_ras(int node, const std::vector<std::string>& lines);
  void add(PlaceEvent event);

 private:
  void lose(int node);
  bool any_failed_on(int node) const;
};

}  // namespace launch::train
