#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace launch::fakes {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A request as received by the server.
struct SeenRequest {
  std::string method = {};
  std::string path = {};  ///< with the query; the whole URL when the server was asked as a proxy
  Headers headers = {};   ///< names in lower case
  int client_port = 0;    ///< tells connections apart
  std::string body = {};

  std::optional<std::string> header(std::string_view name) const;
};

/// The answer of a path, including its faults.
struct Reply {
  int status = 200;
  Headers headers = {};
  std::string body = {};
  std::string content_type = "application/octet-stream";

  /// Answers range requests with 206 (and If-Range by ETag or Last-Modified of `headers`), 416 past the end.
  /// False: answers them 200 with everything.
  bool ranges = true;
  /// Closes the connection after this many bytes of the answer.
  std::optional<std::size_t> cut_after = {};
  /// The claimed Content-Length, whatever is sent; the connection is closed afterwards.
  std::optional<std::size_t> content_length = {};
  /// Sends `drip_bytes` at a time, with this wait in between.
  std::chrono::milliseconds drip_pause{0};
  std::size_t drip_bytes = 1;
};

/// A real HTTP/1.1 server on 127.0.0.1 for tests, in threads of this process, until the object is destroyed.
///
///   HttpServer server;
///   server.serve("/simple/torch/", {.body = page, .content_type = "text/html"});
///   server.script("/busy", {{.status = 503}, {.body = "at last"}});   // one after another, the last one
///   stays fetch(server.url("/simple/torch/")); server.requests("/busy").size();
///
/// Paths without an answer return 404. Destroy the client before the server, which otherwise waits half a
/// minute for idle connections. Thread-safe.
class HttpServer {
 public:
  using Handler = std::function<Reply(const SeenRequest&)>;

  HttpServer();
  /// HTTPS with this certificate and key (PEM files).
  HttpServer(const std::string& certificate, const std::string& key);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "http://127.0.0.1:PORT" + path (and "https://localhost:PORT" with a certificate).
  std::string url(std::string_view path = "") const;
  int port() const;

  /// The same answer for every request.
  void serve(const std::string& path, Reply reply);
  /// One answer per request; the last one is repeated. Must not be empty.
  void script(const std::string& path, std::vector<Reply> replies);
  /// Computes answers with a function, called from the server's threads, one per connection.
  void on(const std::string& path, Handler handler);
  /// Answers paths without an answer of their own.
  void otherwise(Handler handler);

  /// Answers 401, with a challenge, to requests without this Authorization ("Basic dXNlcjpzZWNyZXQ=").
  void require(const std::string& authorization);

  /// All requests so far, in order; with a path (query included) only those.
  std::vector<SeenRequest> requests() const;
  std::vector<SeenRequest> requests(std::string_view path) const;
  /// The number of connections used by requests.
  std::size_t connections() const;
  void forget_requests();

 private:
  struct Self;
  std::unique_ptr<Self> self_;
};

}  // namespace launch::fakes
