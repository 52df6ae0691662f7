#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "train/plan.hpp"
#include "train/preflight.hpp"
#include "train/preflight_line.hpp"

namespace launch::train {

/// How the result of a check names what it is about.
class PreflightNames {
 public:
  using Ranks = std::set<int>;
  PreflightNames(const Plan& plan, const PreflightFindings& found) : plan_(plan), found_(found) {}

  int node_of(int rank) const { return rank / plan_.rendezvous.ranks_per_node; }
  std::size_t node_count(const Ranks& ranks) const;

  /// "node 1", or "node 1 (gpu-host-7)" where the host has a name of its own.
  std::string node(int node) const;
  /// "rank 2 on node 1"
  std::string rank(int rank) const;
  /// "GPU 3 of node 1 (rank 2)", or the rank on the CPU.
  std::string device(int rank) const;
  std::string nodes(const Ranks& ranks) const;
  std::string ranks(const Ranks& ranks) const;
  std::string devices(const Ranks& ranks) const;
  /// "rank 0 on node 0 and rank 2 on node 2; …"
  std::string pairs(std::span<const std::pair<int, int>> pairs,
                    std::string (PreflightNames::*name)(int) const) const;
  /// The first few.
  std::string some_of(const std::vector<std::string>& texts, std::string_view separator) const;

  /// NCCL_IB_HCA of the rank's node; empty if HCAs were not chosen, or sockets were.
  std::string chosen_hcas(int rank) const;
  /// What to check when these ranks reach nobody; `part` is what one of them found.
  std::string interface_hint(const Ranks& ranks, const PreflightPart* part) const;
  /// What to check between all nodes.
  std::string network_hint() const;
  /// "an all-reduce over 4 ranks works: gloo over TCP (eth0), 0.31 GB/s bus bandwidth at 16 MiB"
  std::string what_works(const Preflight& result) const;

 private:
  std::string value_of(int node, std::string_view variable) const;

  const Plan& plan_;
  const PreflightFindings& found_;
};

/// Why a part did not work: "Unable to find address for: wrong0", "no answer within 30 s (connecting)".
/// `library`: whose warnings are quoted, "NCCL".
std::string reason_of(const PreflightPart& part, int limit, std::string_view library);

}  // namespace launch::train
