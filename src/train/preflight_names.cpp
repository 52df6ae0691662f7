#include "train/preflight_names.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "fabric/variables.hpp"
#include "train/failure.hpp"
#include "train/first_few.hpp"

namespace launch::train {
namespace {

constexpr std::size_t kMostNamed = 4;

std::string listed(std::vector<std::string> texts) {
  return join_words(first_few(std::move(texts), kMostNamed));
}

template <class Name>
std::string named(const std::set<int>& of, Name name) {
  std::vector<std::string> texts;
  texts.reserve(of.size());
  for (const int each : of) texts.push_back(name(each));
  return listed(std::move(texts));
}

std::string_view interface_variable(const Plan& plan) {
  return plan.backend == "nccl" ? "NCCL_SOCKET_IFNAME" : "GLOO_SOCKET_IFNAME";
}

}  // namespace

std::size_t PreflightNames::node_count(const Ranks& ranks) const {
  std::set<int> nodes;
  for (const int rank : ranks) nodes.insert(node_of(rank));
  return nodes.size();
}

std::string PreflightNames::node(int node) const {
  const auto host = found_.hosts.find(node * plan_.rendezvous.ranks_per_node);
  if (host == found_.hosts.end() || host->second == plan_.nodes[static_cast<std::size_t>(node)].host)
    return fmt::format("node {}", node);
  return fmt::format("node {} ({})", node, host->second);
}

std::string PreflightNames::rank(int rank) const {
  return fmt::format("rank {} on {}", rank, node(node_of(rank)));
}

std::string PreflightNames::device(int rank) const {
  if (plan_.backend != "nccl") return this->rank(rank);
  const auto at = static_cast<std::size_t>(rank % plan_.rendezvous.ranks_per_node);
  const auto& gpus = plan_.nodes[static_cast<std::size_t>(node_of(rank))].gpus;
  const bool listed = gpus.kind() == specs::GpuSet::Kind::devices && at < gpus.devices().size();
  return fmt::format("GPU {} of {} (rank {})", listed ? gpus.devices()[at] : std::to_string(at),
                     node(node_of(rank)), rank);
}

std::string PreflightNames::nodes(const Ranks& ranks) const {
  std::set<int> nodes;
  for (const int rank : ranks) nodes.insert(node_of(rank));
  return named(nodes, [&](int each) { return node(each); });
}

std::string PreflightNames::ranks(const Ranks& ranks) const {
  return named(ranks, [&](int each) { return rank(each); });
}

std::string PreflightNames::devices(const Ranks& ranks) const {
  return named(ranks, [&](int each) { return device(each); });
}

std::string PreflightNames::pairs(std::span<const std::pair<int, int>> pairs,
                                  std::string (PreflightNames::*name)(int) const) const {
  std::vector<std::string> texts;
  for (const auto& [a, b] : pairs)
    texts.push_back(fmt::format("{} and {}", (this->*name)(a), (this->*name)(b)));
  return some_of(texts, "; ");
}

std::string PreflightNames::some_of(const std::vector<std::string>& texts, std::string_view separator) const {
  return join(first_few(texts, kMostNamed), separator);
}

std::string PreflightNames::value_of(int node, std::string_view variable) const {
  const auto all = environment_of(plan_, plan_.nodes[static_cast<std::size_t>(node)]);
  const auto* found = find_variable(all, variable);
  return found == nullptr ? std::string() : found->value;
}

std::string PreflightNames::chosen_hcas(int rank) const {
  const int node = node_of(rank);
  const auto hcas = value_of(node, "NCCL_IB_HCA");
  const bool off = fabric::number_read(value_of(node, "NCCL_IB_DISABLE")).value_or(0) != 0;
  const bool sockets = off || to_lower(value_of(node, "NCCL_NET")) == "socket";
  return sockets || hcas.starts_with('^') ? std::string() : hcas;
}

std::string PreflightNames::interface_hint(const Ranks& ranks, const PreflightPart* part) const {
  if (part != nullptr && !part->hcas.empty())
    return fmt::format("check the HCAs of {}: {}", nodes(ranks), listed(part->hcas));
  if (part != nullptr && !part->interfaces.empty()) {
    return fmt::format("check the interface {} of {} ({})", listed(part->interfaces), nodes(ranks),
                       interface_variable(plan_));
  }
  return fmt::format("check the network of {}", nodes(ranks));
}

std::string PreflightNames::network_hint() const {
  const auto variable = interface_variable(plan_);
  if (const auto hcas = chosen_hcas(0); plan_.backend == "nccl" && !hcas.empty())
    return fmt::format("check that these HCAs of all nodes are on one network: NCCL_IB_HCA={}", hcas);
  const auto interface = value_of(0, variable);
  if (interface.empty()) return fmt::format("choose the interface that connects the nodes: {}", variable);
  return fmt::format("check that the interface of {}={} connects the nodes, and that no firewall blocks them",
                     variable, interface);
}

std::string PreflightNames::what_works(const Preflight& result) const {
  const auto ways = result.hcas.empty() ? result.interfaces : result.hcas;
  auto text = fmt::format("an all-reduce over {} works: ",
                          count_of(static_cast<std::size_t>(plan_.world_size()), "rank"));
  text += result.backend == "nccl" ? std::string(plan_.vendor->library) : result.backend;
  if (!result.version.empty()) text += " " + result.version;
  if (!result.transports.empty()) text += " over " + listed(result.transports);
  if (!ways.empty()) text += fmt::format(" ({})", listed(ways));
  if (!result.bandwidth.empty()) {
    const auto& most = result.bandwidth.back();
    text += fmt::format(", {:.{}f} GB/s bus bandwidth at {} MiB", most.gb_per_s, most.gb_per_s < 10 ? 2 : 0,
                        most.bytes >> 20);
  }
  return text;
}

std::string reason_of(const PreflightPart& part, int limit, std::string_view library) {
  using End = PreflightPart::End;
  switch (part.end) {
    case End::error:
      return part.warnings.empty()
                 ? short_reason(part.error)
                 : fmt::format("{} ({}: {})", short_reason(part.error), library, part.warnings.back());
    case End::died:
      return part.status < 0 ? fmt::format("killed by {} ({})", signal_name(-part.status), part.at)
                             : fmt::format("ended with code {} ({})", part.status, part.at);
    case End::hung:
      return fmt::format("no answer within {} s ({}){}", limit, part.at,
                         part.warnings.empty() ? "" : fmt::format("; {}: {}", library, part.warnings.back()));
    case End::ended:
    case End::worked:
      break;
  }
  return "given up, since another rank failed";
}

}  // namespace launch::train
