#include "train/rendezvous.hpp"

#include "base/text.hpp"

namespace launch::train {

std::vector<std::string> torchrun_arguments(const Rendezvous& rendezvous, int node,
                                            std::string_view rank_script,
                                            const std::vector<std::string>& command) {
  std::vector<std::string> argv{kTorchrun,
                                "--nnodes",
                                std::to_string(rendezvous.nodes),
                                "--node-rank",
                                std::to_string(node),
                                "--nproc-per-node",
                                std::to_string(rendezvous.ranks_per_node),
                                "--master-addr",
                                rendezvous.head,
                                "--master-port",
                                std::to_string(rendezvous.port),
                                std::string(rank_script)};
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

std::optional<std::uint16_t> port_in_use(std::string_view line) {
  if (line.find("EADDRINUSE") == std::string_view::npos &&
      line.find("ddress already in use") == std::string_view::npos) {
    return std::nullopt;
  }
  // "The server socket has failed to listen on any local network address. port: 29500, useIpv6: …"
  constexpr std::string_view mark = "port: ";
  const auto at = line.find(mark);
  if (at == std::string_view::npos) return 0;
  line.remove_prefix(at + mark.size());
  const auto port = parse_u64(line.substr(0, line.find_first_not_of("0123456789")));
  return port && *port <= 65535 ? static_cast<std::uint16_t>(*port) : std::uint16_t{0};
}

}  // namespace launch::train
