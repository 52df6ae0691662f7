#include "net/http_server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <fcntl.h>
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/addresses.hpp"
#include "net/range_request.hpp"

namespace launch::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Code = boost::system::error_code;

constexpr std::size_t kPiece = std::size_t{256} << 10;
constexpr std::size_t kReadAhead = 4096;
constexpr std::chrono::seconds kLinger{1};
constexpr std::size_t kMostLingering = std::size_t{1} << 20;
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr unsigned kMostThreads = 8;

/// Programs started meanwhile do not inherit it.
void close_on_exec(int file) {
  ::fcntl(file, F_SETFD, FD_CLOEXEC);
}

ServedResponse plain(int status, std::string_view text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, body_of_text(fmt::format("{}\n", text))};
}

/// Cuts a whole answer to the range that a GET asks for.
void cut_to_range(const ServedRequest& request, ServedResponse& response) {
  if (response.status != 200 || !response.body) return;
  response.headers.emplace_back("Accept-Ranges", "bytes");
  const auto range = find_header(request.headers, "range");
  // If-Range needs validators, and answers have none that a range may be bound to.
  if (request.method != "GET" || !range || find_header(request.headers, "if-range")) return;
  const auto size = response.body->size();
  const auto part = parse_range(*range, size);
  if (!part) return;
  if (part->size == 0) {
    response = {416, {{"Content-Range", fmt::format("bytes */{}", size)}}, {}};
    return;
  }
  response.status = 206;
  response.headers.emplace_back(
      "Content-Range", fmt::format("bytes {}-{}/{}", part->offset, part->offset + part->size - 1, size));
  response.body = body_part(response.body, part->offset, part->size);
}

std::string head_of(const ServedResponse& response, bool keep_alive) {
  const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  auto head = fmt::format("HTTP/1.1 {} {}\r\nServer: launch\r\n", response.status,
                          std::string_view(reason.data(), reason.size()));
  for (const auto& [name, value] : response.headers) {
    if (value.find_first_of("\r\n") == std::string::npos) head += fmt::format("{}: {}\r\n", name, value);
  }
  head += fmt::format("Content-Length: {}\r\n", response.body ? response.body->size() : 0);
  if (!keep_alive) head += "Connection: close\r\n";
  return head + "\r\n";
}

}  // namespace

/// Accepts connections as long as there are fewer than allowed.
class HttpServer::Listener {
 public:
  Listener(HttpServerOptions options, HttpHandler handler);
  ~Listener();
  Result<void> listen();

  const HttpServerOptions& options() const { return options_; }
  const HttpHandler& handler() const { return handler_; }
  std::uint16_t port() const { return port_; }
  /// A connection has ended.
  void released();

 private:
  void accept();
  void take(const Code& code, tcp::socket socket);

  HttpServerOptions options_;
  HttpHandler handler_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ended_ = false;
  std::size_t open_ = 0;  ///< used on the acceptor's strand only, as is `full_`
  bool full_ = false;     ///< accepts again when a connection ends
  asio::io_context io_;
  asio::strand<asio::io_context::executor_type> strand_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::vector<std::thread> threads_;
};

/// It lives as long as one of its operations is pending.
class HttpServer::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Listener& owner)
      : owner_(owner), stream_(std::move(socket)), buffer_(owner.options().longest_head + kReadAhead) {}
  ~Connection() { owner_.released(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Reads a request; the next one only after this one was answered.
  void next() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(owner_.options().longest_head));
    if (buffer_.size() > 0) return read_head();
    stream_.expires_after(owner_.options().idle_time);
    stream_.async_read_some(buffer_.prepare(kReadAhead),
                            [self = shared_from_this()](const Code& code, std::size_t count) {
                              if (code) return;
                              self->buffer_.commit(count);
                              self->read_head();
                            });
  }

 private:
  void read_head() {
    stream_.expires_after(owner_.options().head_time);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const Code& code, std::size_t) { self->take_head(code); });
  }

  void take_head(const Code& code) {
    keep_alive_ = false;
    if (code == http::error::header_limit || code == http::error::buffer_overflow)
      return answer(plain(431, "the head of the request is too long"));
    // The client went away or was too slow.
    if (code && code.category() != make_error_code(http::error::bad_method).category()) return;
    if (code == http::error::end_of_stream || code == http::error::partial_message) return;
    if (code) return answer(plain(400, "not an HTTP request"));
    const auto& head = parser_->get();
    request_ = {std::string(head.method_string()), std::string(head.target()), {}};
    for (const auto& field : head)
      request_.headers.emplace_back(to_lower(std::string(field.name_string())), std::string(field.value()));
    if (head.method() != http::verb::get && head.method() != http::verb::head) {
      auto refusal = plain(405, "read only: only GET and HEAD are answered");
      refusal.headers.emplace_back("Allow", "GET, HEAD");
      return answer(std::move(refusal));
    }
    if (parser_->chunked() || parser_->content_length().value_or(0) > 0)
      return answer(plain(400, "a request with a body"));
    keep_alive_ = head.keep_alive();
    auto response = owner_.handler()(request_);
    cut_to_range(request_, response);
    answer(std::move(response));
  }

  void answer(ServedResponse response) {
    head_ = head_of(response, keep_alive_);
    body_ = request_.method == "HEAD" ? nullptr : std::move(response.body);
    sent_ = 0;
    send();
  }

  /// The next piece of the answer.
  void send() {
    std::size_t count = 0;
    if (body_ && sent_ < body_->size()) {
      if (piece_.empty()) piece_.resize(kPiece);
      const auto got = body_->read(sent_, piece_);
      if (!got || *got == 0) {
        log_warning("cannot answer {}: {}", request_.target,
                    got ? "its bytes end too early" : got.error().message());
        if (sent_ == 0) return answer(plain(500, "its bytes cannot be read; the server's output says why"));
        return;  // the connection closes before the announced end
      }
      count = *got;
      sent_ += count;
    }
    if (count == 0 && head_.empty()) return keep_alive_ ? next() : close();
    stream_.expires_after(owner_.options().send_time);
    const std::array buffers{asio::buffer(head_), asio::buffer(piece_.data(), count)};
    asio::async_write(stream_, buffers, [self = shared_from_this()](const Code& code, std::size_t) {
      if (code) return;
      self->head_.clear();
      self->send();
    });
  }

  /// Closes after the client has read the answer: bytes that it still sends would make the kernel drop it.
  void close() {
    Code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kLinger);
    linger(0);
  }

  void linger(std::size_t read) {
    if (read > kMostLingering) return;
    if (piece_.empty()) piece_.resize(kPiece);
    stream_.async_read_some(asio::buffer(piece_),
                            [self = shared_from_this(), read](const Code& code, std::size_t count) {
                              if (!code) self->linger(read + count);
                            });
  }

  Listener& owner_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  ServedRequest request_;
  bool keep_alive_ = false;
  std::string head_;
  Body body_;
  std::uint64_t sent_ = 0;  ///< bytes of the body
  std::vector<char> piece_;
};

HttpServer::Listener::Listener(HttpServerOptions options, HttpHandler handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      strand_(asio::make_strand(io_)),
      acceptor_(strand_),
      pause_(strand_) {}

HttpServer::Listener::~Listener() {
  ended_ = true;
  io_.stop();
  for (auto& thread : threads_) thread.join();
}

Result<void> HttpServer::Listener::listen() {
  const auto failed = [&](const Code& code) {
    return fail(environment_error(
        fmt::format("cannot listen on {} port {}: {}", options_.address, options_.port, code.message())));
  };
  Code code;
  const auto address = asio::ip::make_address(options_.address, code);
  if (code) return failed(code);
  const tcp::endpoint place(address, options_.port);
  acceptor_.open(place.protocol(), code);
  if (code) return failed(code);
  close_on_exec(acceptor_.native_handle());
  acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
  acceptor_.bind(place, code);
  if (code) return failed(code);
  acceptor_.listen(asio::socket_base::max_listen_connections, code);
  if (code) return failed(code);
  port_ = acceptor_.local_endpoint(code).port();
  accept();
  // Signals are for the program's own threads; a thread inherits the mask of its creator.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto count = std::clamp(std::thread::hardware_concurrency(), 2U, kMostThreads);
  for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { io_.run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {};
}

void HttpServer::Listener::accept() {
  acceptor_.async_accept(asio::make_strand(io_),
                         [this](const Code& code, tcp::socket socket) { take(code, std::move(socket)); });
}

void HttpServer::Listener::take(const Code& code, tcp::socket socket) {
  if (code) {  // no descriptors left, or a client that has gone already
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](const Code& stopped) {
      if (!stopped) accept();
    });
    return;
  }
  close_on_exec(socket.native_handle());
  Code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  ++open_;
  const auto executor = socket.get_executor();
  auto connection = std::make_shared<Connection>(std::move(socket), *this);
  asio::post(executor, [connection = std::move(connection)] { connection->next(); });
  full_ = open_ >= options_.connections;
  if (!full_) accept();
}

void HttpServer::Listener::released() {
  if (ended_) return;
  asio::post(strand_, [this] {
    --open_;
    if (std::exchange(full_, false)) accept();
  });
}

HttpServer::HttpServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
HttpServer::~HttpServer() = default;

std::optional<bool> is_loopback(const std::string& address) {
  Code code;
  const auto parsed = asio::ip::make_address(address, code);
  return code ? std::nullopt : std::optional(parsed.is_loopback());
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, HttpHandler handler) {
  auto listener = std::make_unique<Listener>(std::move(options), std::move(handler));
  TRY(listener->listen());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener)));
}

std::uint16_t HttpServer::port() const {
  return listener_->port();
}

std::string HttpServer::authority() const {
  return authority_of(listener_->options().address, port());
}

}  // namespace launch::net
