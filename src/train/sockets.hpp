#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "train/place.hpp"

namespace launch::train {

/// A TCP socket of a node.
struct TcpSocket {
  enum class State { established, connecting, listening, other };
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  State state = State::other;
};

/// Reads /proc/net/tcp and /proc/net/tcp6, one after the other or one alone. Pure; lines that are none of
/// theirs are skipped.
std::vector<TcpSocket> read_tcp_sockets(std::string_view text);

/// How far a node has come with the rendezvous at the head's port. Pure.
Reach reach_of(const std::vector<TcpSocket>& sockets, std::uint16_t port, bool is_head);

}  // namespace launch::train
