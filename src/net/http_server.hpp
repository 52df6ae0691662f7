#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/body_source.hpp"
#include "net/headers.hpp"

namespace launch::net {

/// Whether an IP address is one that only this machine reaches; nullopt if the text is no IP address.
std::optional<bool> is_loopback(const std::string& address);

/// A request to our own server, whose method is GET or HEAD.
struct ServedRequest {
  std::string method;
  std::string target;  ///< as sent: "/v2/?n=1"
  Headers headers;     ///< names in lower case
};

struct ServedResponse {
  int status = 200;
  Headers headers = {};
  Body body = {};  ///< empty: none
};

/// Called from the server's threads. Must not throw or block for long.
using HttpHandler = std::function<ServedResponse(const ServedRequest&)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                       ///< 0: any free one
  std::size_t connections = 64;                 ///< at the same time; further ones wait
  std::size_t longest_head = 16384;             ///< bytes of a request's head; else 431
  std::chrono::milliseconds head_time{10'000};  ///< for a request's head to arrive, from its first byte
  std::chrono::milliseconds idle_time{30'000};  ///< until the next request of a connection
  std::chrono::milliseconds send_time{60'000};  ///< for each 256 KiB of an answer
};

/// A read-only HTTP/1.1 server. It streams bodies, answers HEAD and requests for one range by itself, and
/// every method but GET and HEAD with 405. A connection whose client is too slow, goes away or sends what is
/// not HTTP is closed.
class HttpServer {
 public:
  /// Listens and answers in threads of its own. Errors (environment): it cannot listen on the address.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler);
  /// Ends all connections at once.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// "127.0.0.1:40321", "[::1]:40321"
  std::string authority() const;

 private:
  class Listener;
  class Connection;
  explicit HttpServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace launch::net
