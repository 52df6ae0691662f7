#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "train/failure.hpp"
#include "train/ras.hpp"

namespace launch::train {

/// A look at ranks that have been silent for long.
struct Look {
  using Key = std::pair<int, int>;                      ///< node, rank
  std::map<Key, std::vector<std::string>> stacks = {};  ///< of all that run; empty: it could not tell
  std::map<int, std::vector<RasMismatch>> ras = {};     ///< by node; absent: no answer
};

/// True if a rank did something between two looks: launched operations, or its main thread is elsewhere.
/// Ranks that cannot tell do not count.
bool moved(const Look& first, const Look& second);

/// What silent ranks are at.
struct Silence {
  std::chrono::milliseconds silent{0};
  Look look;
  std::optional<RankEnd> left = {};  ///< the first rank that ended with code 0 before
  int world_size = 0;
};

/// True if a rank waits for others, or has left: silence alone may be that of a long step. Pure.
bool is_waited_for(const Silence& silence);

/// Which rank the others wait for, and where it is: one that left; the one that has launched the fewest NCCL
/// operations; the first that does not wait for others; where others do, the first that did not answer.
/// Without a rank if nobody can tell, or all wait. Pure.
Cause hang_cause(const Silence& silence);

}  // namespace launch::train
