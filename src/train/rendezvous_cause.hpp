#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "train/failure.hpp"
#include "train/place.hpp"

namespace launch::train {

/// What is known of a node when the ranks of a run should have started.
struct NodeReport {
  int node = 0;
  bool ranks = false;  ///< one of its ranks has started
  Reach reach = Reach::unknown;
  std::vector<std::string> last_lines = {};  ///< of its torchrun
};

/// Why no rank has started on some nodes: which of them are missing from the rendezvous, and why that may be.
/// The node with the plainest evidence comes first: one that does not run, a head that does not listen, a
/// node that gets no answer. `where`: "n0:29500". Pure; at least one node has no ranks.
Cause rendezvous_cause(std::span<const NodeReport> nodes, const std::string& where,
                       std::chrono::milliseconds waited);

}  // namespace launch::train
