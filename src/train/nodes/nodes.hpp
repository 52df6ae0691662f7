#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/process.hpp"
#include "base/result.hpp"
#include "train/failure.hpp"
#include "train/plan.hpp"

namespace launch::train {

/// Where the nodes of a run are: containers of this machine now, hosts and schedulers later. Safe to call
/// from several threads.
class Nodes {
 public:
  using OnLine = std::function<void(Stream, std::string_view)>;

  virtual ~Nodes() = default;

  /// Makes what the nodes share, before the first is started.
  virtual Result<void> prepare(const Plan& plan) = 0;
  /// Runs one node to its end; lines come from the calling thread. A stop ends it. Errors: it could not be
  /// started.
  virtual Result<NodeEnd> run(const NodePlan& node, const OnLine& on_line, std::stop_token stop) = 0;
  /// Ends all nodes of the run at once: SIGTERM, and SIGKILL `grace_seconds` later. They are gone when it
  /// returns.
  virtual Result<void> stop(const Plan& plan, int grace_seconds) = 0;
  /// Removes all that was made for the run; nothing to remove is no error.
  virtual Result<void> clean_up(const Plan& plan) = 0;
  /// What is started, as argument vectors in their order; pure.
  virtual std::vector<std::vector<std::string>> commands(const Plan& plan) const = 0;
};

}  // namespace launch::train
