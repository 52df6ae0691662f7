#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace launch::fakes {

/// A server on 127.0.0.1 that sends exactly the given bytes, HTTP or not: it reads a request up to its empty
/// line, sends the bytes and closes the connection. For garbage, empty answers and other things that no HTTP
/// library would send.
class RawServer {
 public:
  /// Returns the bytes for the nth connection (from 0); called from the server's thread.
  using Speech = std::function<std::string(int connection)>;

  explicit RawServer(Speech speech);
  /// The same bytes every time.
  explicit RawServer(std::string bytes);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string url(const std::string& path = "/") const;
  int port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void serve();

  Speech speech_;
  int socket_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace launch::fakes
