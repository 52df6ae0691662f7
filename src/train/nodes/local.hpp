#pragma once

#include "containers/engine.hpp"
#include "train/nodes/nodes.hpp"

namespace launch::train {

/// Nodes as containers of this machine's engine, on a network of their own where they find each other by
/// name.
class LocalNodes final : public Nodes {
 public:
  explicit LocalNodes(containers::Engine engine) : engine_(std::move(engine)) {}

  Result<void> prepare(const Plan& plan) override;
  Result<NodeEnd> run(const NodePlan& node, const OnLine& on_line, std::stop_token stop) override;
  Result<void> stop(const Plan& plan, int grace_seconds) override;
  Result<void> clean_up(const Plan& plan) override;
  std::vector<std::vector<std::string>> commands(const Plan& plan) const override;

 private:
  containers::Engine engine_;
};

/// Removes a run's containers and network until none is seen any more, whoever started them: what the guard
/// of a `launch train` that was killed does. `pause` lets a container appear that was being made.
Result<void> remove_run(const containers::Engine& engine, const std::string& run,
                        const std::function<void()>& pause);

}  // namespace launch::train
