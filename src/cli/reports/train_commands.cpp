#include "cli/reports/train_commands.hpp"

#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "train/plan_json.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string shell_text(const containers::Command& command) {
  return shell_line(command.argv) + (command.input.empty() ? "" : " <" + shell_quote(command.input.string()));
}

/// Each variable of the nodes with its reason, and what is left alone and why.
std::vector<std::string> comments_of(const train::Plan& plan) {
  std::vector<std::string> lines;
  const auto add = [&](const train::Variable& variable, const std::string& of) {
    lines.push_back(printable(fmt::format("# {}{}: {}", of, variable.shown(), variable.reason)));
  };
  for (const auto& variable : plan.environment) add(variable, "");
  for (const auto& node : plan.nodes) {
    for (const auto& variable : node.environment) add(variable, node.host + ": ");
  }
  for (const auto& each : plan.left_alone)
    lines.push_back(printable(fmt::format("# {} left alone: {}", each.name, each.reason)));
  return lines;
}

/// Of a node: the shell's command of several steps. Its last replaces the shell, which hands on no signal.
std::string node_text(const std::vector<containers::Command>& steps) {
  std::vector<std::string> texts;
  texts.reserve(steps.size());
  for (const auto& command : steps) texts.push_back(shell_text(command));
  if (texts.size() > 1) texts.back().insert(0, "exec ");
  return join(texts, " && ") + R"( & nodes="$nodes $!")";
}

/// A signal, such as Ctrl-C or that of a job's time limit, ends the nodes, and what follows them runs all the
/// same.
std::string stop_text(const std::vector<containers::Command>& after) {
  std::string text = "stop() { trap '' INT TERM HUP; kill $nodes 2>/dev/null || :; wait; ";
  for (const auto& command : after) text += shell_text(command) + "; ";
  return text + "exit $1; }";
}

Json json_of(const std::vector<containers::Command>& commands) {
  auto list = Json::array();
  for (const auto& command : commands) {
    list.push_back({{"argv", command.argv},
                    {"input", command.input.empty() ? Json(nullptr) : Json(command.input.string())}});
  }
  return list;
}

}  // namespace

std::string train_script(const commands::TrainCommands& wanted) {
  const auto& commands = wanted.commands;
  auto lines = comments_of(wanted.plan);
  for (const auto& name : commands.variables)
    lines.push_back(fmt::format(": \"${{{0}?set {0}: its value is not printed here}}\"", name));
  for (const auto& command : commands.before) lines.push_back(shell_text(command) + " || exit");
  lines.insert(lines.end(), {"code=0 nodes=", stop_text(commands.after),
                             "trap 'stop 130' INT; trap 'stop 143' TERM; trap 'stop 129' HUP"});
  for (const auto& steps : commands.nodes) lines.push_back(node_text(steps));
  lines.emplace_back("for node in $nodes; do wait $node || code=$?; done");
  for (const auto& command : commands.after) lines.push_back(shell_text(command));
  lines.emplace_back("exit $code");
  return join(lines, "\n") + "\n";
}

std::string train_commands_json(const commands::TrainCommands& wanted) {
  const auto& [plan, commands] = wanted;
  auto nodes = Json::array();
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    nodes.push_back({{"host", plan.nodes[i].host},
                     {"env", train::variables_json<Json>(plan.nodes[i].environment)},
                     {"commands", json_of(commands.nodes.at(i))}});
  }
  return json_text(Json{{"schema", 1},
                        {"run", plan.run},
                        {"env", train::variables_json<Json>(plan.environment)},
                        {"left_alone", train::left_alone_json<Json>(plan)},
                        {"variables", commands.variables},
                        {"before", json_of(commands.before)},
                        {"nodes", std::move(nodes)},
                        {"after", json_of(commands.after)}},
                   2);
}

}  // namespace launch::cli
