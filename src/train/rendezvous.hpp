#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace launch::train {

/// The program that starts a node's ranks.
inline constexpr const char* kTorchrun = "torchrun";

/// How the nodes of a run find each other. Static: c10d rendezvous cannot distinguish torchruns that all are
/// PID 1 in their containers, and a rank assigned here needs no negotiation there.
struct Rendezvous {
  std::string head = "n0";     ///< name of node 0 that all nodes can resolve
  std::uint16_t port = 29500;  ///< torchrun's own default
  int nodes = 1;
  int ranks_per_node = 1;
};

/// torchrun's argument vector for one node; `command` is the recipe's, followed by the user's arguments.
std::vector<std::string> torchrun_arguments(const Rendezvous& rendezvous, int node,
                                            std::string_view rank_script,
                                            const std::vector<std::string>& command);

/// The port that a line of torchrun reports as taken ("… (errno: 98 - Address already in use)"); 0 if the
/// line does not name it; nullopt for any other line.
std::optional<std::uint16_t> port_in_use(std::string_view line);

}  // namespace launch::train
