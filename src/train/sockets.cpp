#include "train/sockets.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "fabric/hex.hpp"

namespace launch::train {
namespace {

/// Of "0100007F:1F90".
std::optional<std::uint16_t> port_of(std::string_view address) {
  const auto colon = address.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = fabric::hex_number(address.substr(colon + 1));
  if (!port || *port > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

/// include/net/tcp_states.h
TcpSocket::State state_of(std::uint32_t number) {
  switch (number) {
    case 0x01:
      return TcpSocket::State::established;
    case 0x02:
      return TcpSocket::State::connecting;
    case 0x0A:
      return TcpSocket::State::listening;
    default:
      return TcpSocket::State::other;
  }
}

bool any(const std::vector<TcpSocket>& sockets, TcpSocket::State state, std::uint16_t TcpSocket::*which,
         std::uint16_t port) {
  return std::any_of(sockets.begin(), sockets.end(),
                     [&](const auto& each) { return each.state == state && each.*which == port; });
}

}  // namespace

std::vector<TcpSocket> read_tcp_sockets(std::string_view text) {
  std::vector<TcpSocket> sockets;
  for (const auto line : lines(text)) {
    // "   0: 0100007F:1F90 00000000:0000 0A …"
    std::vector<std::string_view> words;
    for (const auto word : split(line, ' ')) {
      if (!word.empty()) words.push_back(word);
    }
    if (words.size() < 4) continue;
    const auto local = port_of(words[1]);
    const auto remote = port_of(words[2]);
    const auto state = fabric::hex_number(words[3]);
    if (local && remote && state) sockets.push_back({*local, *remote, state_of(*state)});
  }
  return sockets;
}

Reach reach_of(const std::vector<TcpSocket>& sockets, std::uint16_t port, bool is_head) {
  using State = TcpSocket::State;
  if (is_head)
    return any(sockets, State::listening, &TcpSocket::local_port, port) ? Reach::listening : Reach::idle;
  if (any(sockets, State::established, &TcpSocket::remote_port, port)) return Reach::joined;
  return any(sockets, State::connecting, &TcpSocket::remote_port, port) ? Reach::trying : Reach::idle;
}

}  // namespace launch::train
