#include "train/nodes/local.hpp"

namespace launch::train {
namespace {

std::string network_of(const std::string& run) {
  return "launch-" + run;
}

std::map<std::string, std::string> labels_of(const std::string& run) {
  return {{kRunLabel, run}};
}

}  // namespace

Result<void> LocalNodes::prepare(const Plan& plan) {
  return engine_.create_network(plan.network, labels_of(plan.run));
}

Result<NodeEnd> LocalNodes::run(const NodePlan& node, const OnLine& on_line, std::stop_token stop) {
  TRY_ASSIGN(const auto outcome, engine_.run(node.container, on_line, std::move(stop)));
  return NodeEnd{node.index, node.container.name, outcome.exit_code, {}};
}

Result<void> LocalNodes::stop(const Plan& plan, int grace_seconds) {
  return engine_.remove_containers(kRunLabel, plan.run, grace_seconds);
}

Result<void> LocalNodes::clean_up(const Plan& plan) {
  auto containers = engine_.remove_containers(kRunLabel, plan.run, 0);
  TRY(engine_.remove_network(plan.network));
  return containers;
}

std::vector<std::vector<std::string>> LocalNodes::commands(const Plan& plan) const {
  std::vector<std::vector<std::string>> commands{
      engine_.command(containers::network_arguments(plan.network, labels_of(plan.run)))};
  for (const auto& node : plan.nodes) {
    commands.push_back(engine_.command(containers::run_arguments(engine_.info(), node.container)));
  }
  return commands;
}

Result<void> remove_run(const containers::Engine& engine, const std::string& run,
                        const std::function<void()>& pause) {
  constexpr int kTries = 20;
  constexpr int kCleanLooks = 2;  // a client that was killed while it made a container may finish that
  int clean = 0;
  for (int tries = 0; tries < kTries && clean < kCleanLooks; ++tries) {
    if (tries > 0) pause();
    TRY(engine.remove_containers(kRunLabel, run, kGraceSeconds));
    TRY_ASSIGN(const auto left, engine.containers(kRunLabel, run));
    clean = left.empty() ? clean + 1 : 0;
  }
  return engine.remove_network(network_of(run));
}

}  // namespace launch::train
