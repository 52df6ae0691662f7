#include "train/rendezvous_cause.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::train {
namespace {

constexpr int kHead = 0;

/// The missing ones are first those that do not run, then the head, for which all wait, and so on.
int order_of(const NodeReport& node) {
  switch (node.reach) {
    case Reach::absent:
      return 0;
    case Reach::idle:
      return node.node == kHead ? 1 : 3;
    case Reach::trying:
      return 2;
    case Reach::unknown:
      return 4;
    case Reach::joined:
    case Reach::listening:
      break;
  }
  return 5;
}

/// "node 2 does", "nodes 1 and 2 do"
std::string nodes_text(std::span<const NodeReport* const> nodes, std::string_view one,
                       std::string_view many) {
  std::vector<std::string> numbers;
  for (const auto* node : nodes) numbers.push_back(std::to_string(node->node));
  return nodes.size() == 1 ? fmt::format("node {} {}", numbers.front(), one)
                           : fmt::format("nodes {} {}", join_words(numbers), many);
}

struct Why {
  std::string what;
  std::string hint;
};

Why why(std::span<const NodeReport* const> missing, const std::string& where) {
  const std::string more = "; or allow more time with `--rendezvous-timeout SECONDS`";
  switch (missing.front()->reach) {
    case Reach::absent:
      return {nodes_text(missing, "does not run", "do not run"),
              "the engine has not started its container, or the container has ended: look at its log"};
    case Reach::idle:
      if (missing.front()->node == kHead) {
        return {fmt::format("torchrun on node 0 does not listen at {}", where),
                "read its output: it may still be importing torch from a slow disk" + more};
      }
      return {fmt::format("{} {}", nodes_text(missing, "has not reached", "have not reached"), where),
              "check the address and the port: torchrun is refused, or still imports torch there" + more};
    case Reach::trying:
      return {fmt::format("{} no answer from {}", nodes_text(missing, "gets", "get"), where),
              "packets are dropped: look for a firewall between the nodes, or a wrong address"};
    case Reach::unknown:
      return {nodes_text(missing, "has not started its ranks", "have not started their ranks"),
              fmt::format("check that its container runs and can reach {}{}", where, more)};
    case Reach::joined:
    case Reach::listening:
      break;
  }
  return {fmt::format("all nodes have reached {}, but {}", where,
                      nodes_text(missing, "has started no rank", "have started no rank")),
          "read the output of torchrun, which is waiting there" + more};
}

}  // namespace

Cause rendezvous_cause(std::span<const NodeReport> nodes, const std::string& where,
                       std::chrono::milliseconds waited) {
  std::vector<const NodeReport*> missing;
  for (const auto& node : nodes) {
    if (!node.ranks) missing.push_back(&node);
  }
  const auto least = order_of(**std::min_element(
      missing.begin(), missing.end(), [](auto* a, auto* b) { return order_of(*a) < order_of(*b); }));
  std::erase_if(missing, [&](const auto* node) { return order_of(*node) != least; });
  auto [what, hint] = why(missing, where);
  const auto seconds = std::chrono::duration<double>(waited).count();
  Cause cause;
  cause.node = missing.front()->node;
  cause.kind = CauseKind::rendezvous;
  cause.code = 3;  // of the environment
  cause.repeats = true;
  cause.message = fmt::format("the ranks had not started after {}: {}", human_seconds(seconds), what);
  cause.hint = std::move(hint);
  cause.last_lines = missing.front()->last_lines;
  return cause;
}

}  // namespace launch::train
