#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace launch::train {

/// How the nodes of a run meet. Static: a torchrun that is PID 1 in a container cannot be told from another
/// by c10d rendezvous, and a number given here needs no agreement there.
struct Rendezvous {
  std::string head = "n0";     ///< name of node 0 that all nodes can resolve
  std::uint16_t port = 29500;  ///< torchrun's own default
  int nodes = 1;
  int ranks_per_node = 1;
};

/// torchrun's argument vector for one node; `command` is the recipe's, with the user's arguments behind it.
std::vector<std::string> torchrun_arguments(const Rendezvous& rendezvous, int node,
                                            std::string_view rank_script,
                                            const std::vector<std::string>& command);

/// The port that a line of torchrun says is taken ("… (errno: 98 - Address already in use)"); 0 when the line
/// does not say which.
std::optional<std::uint16_t> port_in_use(std::string_view line);

}  // namespace launch::train
