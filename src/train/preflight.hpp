#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "train/plan.hpp"
#include "train/preflight_line.hpp"

namespace launch::train {

/// The same nodes, in the same image and environment, for the check before their training.
Plan preflight_plan(const Plan& plan);

/// What keeps a check from working.
enum class PreflightBlame {
  none,       ///< it works
  start,      ///< a rank did not get ready, or a process of the check itself failed
  rank,       ///< a rank stopped answering
  device,     ///< a rank fails alone: its GPU
  inside,     ///< ranks of one node do not reach each other
  node,       ///< a node, or a rank with its NIC, reaches no other node, and the others reach each other
  network,    ///< between nodes
  transport,  ///< NCCL uses sockets in place of the HCAs that were chosen
  together,   ///< all parts work, but not all ranks together
};
/// "device", as in --json and the run record; empty for none.
std::string_view blame_name(PreflightBlame blame);

/// The result of a check.
struct Preflight {
  PreflightBlame blame = PreflightBlame::none;
  std::vector<int> ranks = {};  ///< to blame; sorted
  std::vector<int> nodes = {};  ///< theirs
  std::string message = {};  ///< why it does not work, or what works: "an all-reduce over 4 ranks works: …"
  std::string hint = {};
  std::string backend = {};
  std::string version = {};                  ///< of NCCL; empty: unknown, or gloo
  std::vector<std::string> transports = {};  ///< of all ranks, in NCCL's words; "TCP" with gloo
  std::vector<std::string> interfaces = {};
  std::vector<std::string> hcas = {};
  std::vector<Bandwidth> bandwidth = {};  ///< of the slowest rank; by size
  double seconds = 0;
  bool works() const { return blame == PreflightBlame::none; }
};

/// Weighs what the ranks found, in order of evidence: ranks that fail alone, nodes whose ranks do not reach
/// each other, errors of one rank alone, then who reaches whom. Bandwidths are reported and not judged. Pure.
Preflight judge_preflight(const Plan& plan, const PreflightFindings& findings);

/// The error (environment) of a check that failed.
Error preflight_error(const Preflight& preflight);

/// The document, as in the record of a run, on one line of JSON.
std::string write_preflight(const Preflight& preflight);

/// "CUDA error: out of memory": what an error says, without the place in the sources, in one line.
std::string short_reason(const Raised& error);

}  // namespace launch::train
