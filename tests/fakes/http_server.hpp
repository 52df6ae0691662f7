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

/// A request as the server saw it.
struct SeenRequest {
  std::string method = {};
  std::string path = {};  ///< with the query; the whole URL when the server was asked as a proxy
  Headers headers = {};   ///< names in lower case
  int client_port = 0;    ///< tells connections apart

  std::optional<std::string> header(std::string_view name) const;
};

/// What a path answers, with what goes wrong on the way.
struct Reply {
  int status = 200;
  Headers headers = {};
  std::string body = {};
  std::string content_type = "application/octet-stream";

  /// Answers range requests with 206 (and If-Range by ETag or Last-Modified of `headers`), 416 past the end.
  /// False: answers them 200 with everything.
  bool ranges = true;
  /// The connection is closed after so many bytes of what was to be sent.
  std::optional<std::size_t> cut_after = {};
  /// The Content-Length that is claimed, whatever is sent; the connection is closed afterwards.
  std::optional<std::size_t> content_length = {};
  /// Sends `drip_bytes` at a time with this wait between.
  std::chrono::milliseconds drip_pause{0};
  std::size_t drip_bytes = 1;
};

/// A real HTTP/1.1 server on 127.0.0.1 for tests, in threads of this process, until the object goes.
///
///   HttpServer server;
///   server.serve("/simple/torch/", {.body = page, .content_type = "text/html"});
///   server.script("/busy", {{.status = 503}, {.body = "at last"}});   // one after another, the last one
///   stays fetch(server.url("/simple/torch/")); server.requests("/busy").size();
///
/// Paths that nothing was said about answer 404. Let the client go before the server, which waits half
/// a minute for connections that are only idle. All methods may be called while requests come in.
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

  /// The same answer every time.
  void serve(const std::string& path, Reply reply);
  /// One answer after another; the last one stays. Must not be empty.
  void script(const std::string& path, std::vector<Reply> replies);
  /// Answers by a function, called from the server's threads, one a connection.
  void on(const std::string& path, Handler handler);
  /// Answers whatever no path was given for.
  void otherwise(Handler handler);

  /// Answers 401 to requests without this Authorization ("Basic dXNlcjpzZWNyZXQ=").
  void require(const std::string& authorization);

  /// All requests so far, in order; with a path (query included) only those.
  std::vector<SeenRequest> requests() const;
  std::vector<SeenRequest> requests(std::string_view path) const;
  /// Connections that requests came over.
  std::size_t connections() const;
  void forget_requests();

 private:
  struct Self;
  std::unique_ptr<Self> self_;
};

}  // namespace launch::fakes
