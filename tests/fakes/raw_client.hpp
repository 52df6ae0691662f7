#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fd.hpp"

namespace launch::fakes {

/// A connection to 127.0.0.1 that sends exactly the given bytes, HTTP or not.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place = {};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&place), sizeof place) == 0;
  }

  bool connected() const { return connected_; }
  /// False once the server has closed the connection.
  bool send(std::string_view bytes) {
    return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  /// What the server sends until it closes the connection, at most `most` bytes.
  std::string read(std::size_t most = std::size_t{1} << 30) {
    std::string out;
    char piece[4096];
    while (out.size() < most) {
      const auto got = ::recv(socket_.get(), piece, std::min(sizeof piece, most - out.size()), 0);
      if (got <= 0) break;
      out.append(piece, static_cast<std::size_t>(got));
    }
    return out;
  }
  void close() { socket_ = Fd(); }

 private:
  Fd socket_;
  bool connected_ = false;
};

}  // namespace launch::fakes
