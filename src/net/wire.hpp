#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.hpp"
#include "net/network_settings.hpp"

namespace launch::net {

/// Everything before the body.
struct Head {
  int status = 0;   ///< 0: no answer came
  Headers headers;  ///< names in lower case
  specs::Url url;   ///< after redirects, without credentials

  /// The value of the last header of that name (lower case).
  std::optional<std::string> header(std::string_view name) const { return find_header(headers, name); }
};

/// One request on the wire: no cache, no retries.
struct Exchange {
  specs::Url url;  ///< without credentials
  std::string user = {};
  std::string password = {};
  Method method = Method::get;
  Headers headers = {};
  std::optional<ByteRange> range = {};
  /// A large body, streamed to the sink: no content encoding, and its own connection instead of an HTTP/2
  /// stream.
  bool bulk = false;
  bool new_connection = false;
  std::optional<std::chrono::seconds> patience =
      {};  ///< without data; by default the stall timeout, or five times that for a method with a body
  Body body = {};  ///< of a method that has one; read in the wire's thread
  std::shared_ptr<const Trust> trust = {};
  /// Receives the body piece by piece, in the wire's thread; returning false ends the exchange
  /// (Outcome::refused). Not called for an empty body.
  std::function<bool(const Head&, std::string_view)> sink;
};

/// Why there was no (complete) answer.
struct Failure {
  std::string reason;  ///< "cannot connect to 127.0.0.1:1: Connection refused"
  bool again = false;  ///< a retry may succeed
  std::string hint = {};
  bool unsent = false;  ///< the server never got the request
};

struct Outcome {
  Head head;
  std::optional<Failure> failure;
  std::optional<Error> unread = {};  ///< the request's body could not be read
  bool refused = false;              ///< the sink ended it
  bool cancelled = false;            ///< cancel() ended it
};

/// All connections of the client: one libcurl multi handle with its own thread, which starts with the first
/// exchange. Thread-safe.
class Wire {
 public:
  struct Settings {
    NetworkSettings network;
    std::size_t parallel = 16;
    std::chrono::seconds connect_timeout{30};
    std::chrono::seconds stall_timeout{60};
  };
  using Ticket = std::uint64_t;
  using Done = std::function<void(Outcome)>;  ///< called in the wire's thread, exactly once

  explicit Wire(Settings settings);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Starts as soon as fewer than `parallel` exchanges are running.
  Ticket start(Exchange exchange, Done done);
  /// Ends an exchange soon; its `done` is still called. No effect if it has ended.
  void cancel(Ticket ticket);

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace launch::net
