#include "train/plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace launch::train {
namespace {

constexpr int kMostNodes = 1024;
constexpr int kMostPort = 65535;
/// launch ends the ranks itself; torchrun must not be earlier.
constexpr std::chrono::seconds kTorchrunMargin{10};

void insert(std::vector<Variable>& variables, Variable variable) {
  const auto at = std::find_if(variables.begin(), variables.end(),
                               [&](const Variable& other) { return other.name > variable.name; });
  variables.insert(at, std::move(variable));
}

/// `wanted`, else those of the recipe.
void add_limits(Plan& plan, const project::RunLimits& wanted, const project::RunLimits& recipe) {
  auto& patience = plan.patience;
  plan.restarts = wanted.restarts.value_or(recipe.restarts.value_or(0));
  if (const auto given = wanted.rendezvous ? wanted.rendezvous : recipe.rendezvous)
    patience.rendezvous = *given;
  if (const auto given = wanted.silence ? wanted.silence : recipe.silence) {
    patience.silence = *given;
    patience.ends_hang = true;
  }
}

/// What a run with restarts tells its ranks.
void set_attempt(Plan& plan, int earlier) {
  std::erase_if(plan.environment, [](const auto& variable) { return variable.name == kAttemptVariable; });
  insert(plan.environment,
         {kAttemptVariable, std::to_string(earlier), "how many attempts came before (--restarts)"});
}

}  // namespace

std::string_view environment_name(EnvironmentKind kind) {
  return kind == EnvironmentKind::image ? "image" : "mounted";
}

std::optional<EnvironmentKind> environment_named(std::string_view name) {
  for (const auto kind : {EnvironmentKind::image, EnvironmentKind::mounted}) {
    if (name == environment_name(kind)) return kind;
  }
  return std::nullopt;
}

Result<Plan> plan_run(const project::Recipe& recipe, const PlanRequest& request) {
  const int nodes = request.nodes.value_or(recipe.train.nodes);
  if (nodes < 1 || nodes > kMostNodes)
    return fail(input_error(fmt::format("--nodes {}: expected 1 to {}", nodes, kMostNodes)));
  if (request.port < 0 || request.port > kMostPort)
    return fail(input_error(fmt::format("--port {}: expected 0 to {}", request.port, kMostPort)));
  if (recipe.train.command.empty()) {
    return fail(input_error(fmt::format("the recipe {} has no [train] command", recipe.name))
                    .hint("add [train] with command = [\"train.py\"]"));
  }
  Plan plan;
  plan.run = request.run;
  plan.recipe = recipe.name;
  plan.lock_digest = request.lock_digest;
  plan.rendezvous = {.head = "n0", .port = static_cast<std::uint16_t>(request.port), .nodes = nodes};
  plan.gpus = request.gpus.value_or(recipe.train.gpus);
  plan.command = recipe.train.command;
  plan.arguments = request.arguments;
  plan.node_folder = request.node_folder;
  plan.nccl = request.nccl;
  if (const auto grace = request.grace ? request.grace : recipe.train.grace) plan.grace.interrupted = *grace;
  TRY(add_given(plan, recipe, request.given, request.project));
  add_limits(plan, request.limits, recipe.train.limits);
  add_variable(
      plan,
      {"TORCH_ELASTIC_SHUTDOWN_TIMEOUT", std::to_string((plan.grace.interrupted + kTorchrunMargin).count()),
       "torchrun would kill ranks that save for more than 30 s (torch 2.12 and later read this)"});
  if (plan.restarts > 0) set_attempt(plan, 0);
  for (int index = 0; index < nodes; ++index) {
    plan.nodes.push_back({.index = index, .host = fmt::format("n{}", index)});
  }
  return plan;
}

const Variable* find_variable(const std::vector<Variable>& variables, std::string_view name) {
  const auto found = std::find_if(variables.begin(), variables.end(),
                                  [&](const Variable& each) { return each.name == name; });
  return found == variables.end() ? nullptr : &*found;
}

void add_variable(Plan& plan, Variable variable) {
  if (find_variable(plan.environment, variable.name) == nullptr)
    insert(plan.environment, std::move(variable));
}

void add_variable(const Plan& plan, NodePlan& node, Variable variable) {
  if (find_variable(plan.environment, variable.name) == nullptr)
    insert(node.environment, std::move(variable));
}

Plan plan_of_attempt(const Plan& plan, int earlier) {
  auto of_attempt = plan;
  of_attempt.earlier = earlier;
  if (plan.restarts > 0) set_attempt(of_attempt, earlier);
  return of_attempt;
}

std::vector<Variable> environment_of(const Plan& plan, const NodePlan& node) {
  auto all = plan.environment;
  for (const auto& variable : node.environment) insert(all, variable);
  return all;
}

std::vector<std::string> argv_of(const Plan& plan, const NodePlan& node) {
  auto command = plan.command;
  command.insert(command.end(), plan.arguments.begin(), plan.arguments.end());
  std::vector<std::string> argv{"sh", kNodeScript};
  for (auto& word : torchrun_arguments(plan.rendezvous, node.index, kRankScript, command))
    argv.push_back(std::move(word));
  return argv;
}

std::string run_id(std::string_view recipe, std::chrono::system_clock::time_point now, std::uint16_t random) {
  std::string name;
  for (const char c : recipe) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_';
    name += fits ? c : '-';
  }
  std::string time;  // "2026-11-24T05:55:12Z" without its marks
  for (const char c : utc_timestamp(now)) {
    if (c == 'T') time += '-';
    if (c >= '0' && c <= '9') time += c;
  }
  return fmt::format("{}-{}-{:04x}", name, time, random);
}

}  // namespace launch::train
