#include "fakes/http_server.hpp"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include "base/text.hpp"

namespace launch::fakes {
namespace {

constexpr int kBacklog = 256;
constexpr std::size_t kThreads = 48;
/// Keeps a connection that the client wants to reuse open, however slow a busy machine is.
constexpr time_t kIdleSeconds = 30;

/// httplib's backlog of 5 is too small for many connections at once.
template <class Base>
class Listener final : public Base {
 public:
  using Base::Base;
  int start() {
    this->set_tcp_nodelay(true);
    const int port = this->bind_to_any_port("127.0.0.1");
    ::listen(this->svr_sock_, kBacklog);
    return port;
  }
};

SeenRequest seen(const httplib::Request& request) {
  SeenRequest out{.method = request.method, .path = request.target, .client_port = request.remote_port};
  for (const auto& [name, value] : request.headers) out.headers.emplace_back(to_lower(name), value);
  return out;
}

std::optional<std::string> header_of(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (to_lower(key) == name) return value;
  }
  return std::nullopt;
}

bool still_the_same(const Reply& reply, const SeenRequest& request) {
  const auto condition = request.header("if-range");
  return !condition || condition == header_of(reply.headers, "etag") ||
         condition == header_of(reply.headers, "last-modified");
}

/// "bytes=A-B", "bytes=A-", "bytes=-N" of `size` bytes; nullopt if it cannot be satisfied.
std::optional<std::pair<std::size_t, std::size_t>> parse_range(std::string_view text, std::size_t size) {
  text.remove_prefix(std::string_view("bytes=").size());
  const auto dash = text.find('-');
  const auto first = parse_u64(text.substr(0, dash));
  const auto last = parse_u64(text.substr(dash + 1));
  if (size == 0) return std::nullopt;
  if (!first) return std::pair{size - std::min<std::size_t>(*last, size), size - 1};
  if (*first >= size) return std::nullopt;
  return std::pair<std::size_t, std::size_t>{*first,
                                             std::min<std::size_t>(last.value_or(size - 1), size - 1)};
}

}  // namespace

std::optional<std::string> SeenRequest::header(std::string_view name) const {
  return header_of(headers, name);
}

struct HttpServer::Self {
  std::unique_ptr<httplib::Server> server;
  std::string base;
  int port = 0;
  std::thread thread;

  mutable std::mutex mutex;
  std::condition_variable ending;
  bool ended = false;
  std::map<std::string, std::shared_ptr<Handler>, std::less<>> handlers;
  std::shared_ptr<Handler> fallback = std::make_shared<Handler>(
      [](const SeenRequest&) { return Reply{.status = 404, .body = "not here\n"}; });
  std::string authorization;
  std::vector<SeenRequest> log;

  void start();
  Reply reply_to(const SeenRequest& request);
  void answer(const httplib::Request& request, std::string sent, httplib::Response& response);
  void send(const std::shared_ptr<const std::string>& body, const Reply& reply, httplib::Response& response);
  bool pause(std::chrono::milliseconds wait);
};

void HttpServer::Self::start() {
  server->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server->set_keep_alive_max_count(1'000'000);
  server->set_keep_alive_timeout(kIdleSeconds);
  server->set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    // These come with bodies, which are read below.
    for (const auto* method : {"POST", "PUT", "PATCH"}) {
      if (request.method == method) return httplib::Server::HandlerResponse::Unhandled;
    }
    answer(request, {}, response);
    return httplib::Server::HandlerResponse::Handled;
  });
  const auto upload = [this](const httplib::Request& request, httplib::Response& response,
                             const httplib::ContentReader& read) {
    std::string sent;
    read([&](const char* data, std::size_t size) {
      sent.append(data, size);
      return true;
    });
    answer(request, std::move(sent), response);
  };
  server->Post(".*", upload);
  server->Put(".*", upload);
  server->Patch(".*", upload);
  server->set_payload_max_length(std::numeric_limits<std::size_t>::max());
  thread = std::thread([this] { server->listen_after_bind(); });
  while (!server->is_running()) std::this_thread::yield();
}

Reply HttpServer::Self::reply_to(const SeenRequest& request) {
  std::shared_ptr<Handler> handler;
  {
    const std::lock_guard guard(mutex);
    log.push_back(request);
    if (!authorization.empty() && request.header("authorization") != authorization)
      return {.status = 401,
              .headers = {{"WWW-Authenticate", "Basic realm=\"test\""}},
              .body = "who is there?\n"};
    const auto found = handlers.find(request.path);
    handler = found == handlers.end() ? fallback : found->second;
  }
  return (*handler)(request);
}

void HttpServer::Self::answer(const httplib::Request& request, std::string sent,
                              httplib::Response& response) {
  auto asked = seen(request);
  asked.body = std::move(sent);
  auto reply = reply_to(asked);
  // We answer ranges ourselves; httplib would act on this variable of the request.
  const_cast<httplib::Request&>(request).ranges.clear();

  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  auto body = std::make_shared<std::string>(std::move(reply.body));
  const auto range = asked.header("range");
  if (reply.ranges && reply.status == 200) response.set_header("Accept-Ranges", "bytes");
  if (range && reply.ranges && reply.status == 200 && still_the_same(reply, asked)) {
    if (const auto part = parse_range(*range, body->size())) {
      response.status = 206;
      response.set_header("Content-Range",
                          fmt::format("bytes {}-{}/{}", part->first, part->second, body->size()));
      *body = body->substr(part->first, part->second - part->first + 1);
    } else {
      response.status = 416;
      response.set_header("Content-Range", fmt::format("bytes */{}", body->size()));
      body->clear();
    }
  }
  send(body, reply, response);
}

void HttpServer::Self::send(const std::shared_ptr<const std::string>& body, const Reply& reply,
                            httplib::Response& response) {
  const auto claimed = reply.content_length.value_or(body->size());
  const auto end = std::min(body->size(), reply.cut_after.value_or(body->size()));
  if (reply.content_length) response.set_header("Connection", "close");
  if (response.status == 304 || claimed == 0) return;
  const auto step = reply.drip_pause.count() > 0 ? reply.drip_bytes : std::size_t{1} << 18;
  response.set_content_provider(claimed, reply.content_type,
                                [this, body, end, step, wait = reply.drip_pause](
                                    std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                  if (offset >= end) return false;
                                  if (offset > 0 && wait.count() > 0 && !pause(wait)) return false;
                                  return sink.write(body->data() + offset, std::min(step, end - offset));
                                });
}

bool HttpServer::Self::pause(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex);
  return !ending.wait_for(lock, wait, [this] { return ended; });
}

HttpServer::HttpServer() : self_(std::make_unique<Self>()) {
  auto listener = std::make_unique<Listener<httplib::Server>>();
  self_->port = listener->start();
  self_->base = fmt::format("http://127.0.0.1:{}", self_->port);
  self_->server = std::move(listener);
  self_->start();
}

HttpServer::HttpServer(const std::string& certificate, const std::string& key)
    : self_(std::make_unique<Self>()) {
  auto listener = std::make_unique<Listener<httplib::SSLServer>>(certificate.c_str(), key.c_str());
  self_->port = listener->start();
  self_->base = fmt::format("https://localhost:{}", self_->port);
  self_->server = std::move(listener);
  self_->start();
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard guard(self_->mutex);
    self_->ended = true;
  }
  self_->ending.notify_all();
  self_->server->stop();
  self_->thread.join();
}

std::string HttpServer::url(std::string_view path) const {
  return self_->base + std::string(path);
}

int HttpServer::port() const {
  return self_->port;
}

void HttpServer::serve(const std::string& path, Reply reply) {
  script(path, {std::move(reply)});
}

void HttpServer::script(const std::string& path, std::vector<Reply> replies) {
  struct Script {
    std::mutex mutex;
    std::vector<Reply> replies;
    std::size_t next = 0;
  };
  auto script = std::make_shared<Script>();
  script->replies = std::move(replies);
  on(path, [script](const SeenRequest&) {
    const std::lock_guard guard(script->mutex);
    const auto turn = std::min(script->next++, script->replies.size() - 1);
    return script->replies[turn];
  });
}

void HttpServer::on(const std::string& path, Handler handler) {
  const std::lock_guard guard(self_->mutex);
  self_->handlers[path] = std::make_shared<Handler>(std::move(handler));
}

void HttpServer::otherwise(Handler handler) {
  const std::lock_guard guard(self_->mutex);
  self_->fallback = std::make_shared<Handler>(std::move(handler));
}

void HttpServer::require(const std::string& authorization) {
  const std::lock_guard guard(self_->mutex);
  self_->authorization = authorization;
}

std::vector<SeenRequest> HttpServer::requests() const {
  const std::lock_guard guard(self_->mutex);
  return self_->log;
}

std::vector<SeenRequest> HttpServer::requests(std::string_view path) const {
  auto all = requests();
  std::erase_if(all, [&](const SeenRequest& request) { return request.path != path; });
  return all;
}

std::size_t HttpServer::connections() const {
  std::set<int> ports;
  for (const auto& request : requests()) ports.insert(request.client_port);
  return ports.size();
}

void HttpServer::forget_requests() {
  const std::lock_guard guard(self_->mutex);
  self_->log.clear();
}

}  // namespace launch::fakes
