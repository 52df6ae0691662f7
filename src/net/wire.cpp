#include "net/wire.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "net/failure.hpp"
#include "net/trust.hpp"

namespace launch::net {
namespace {

constexpr long kMostRedirects = 10;
constexpr long kBulkBuffer = 512L * 1024;
constexpr int kLongestPoll = 1000;

struct CurlList {
  curl_slist* head = nullptr;
  CurlList() = default;
  CurlList(const CurlList&) = delete;
  CurlList& operator=(const CurlList&) = delete;
  ~CurlList() { curl_slist_free_all(head); }
  void add(const std::string& line) { head = curl_slist_append(head, line.c_str()); }
};

/// A running exchange.
struct Transfer {
  Wire::Ticket ticket = 0;
  Exchange exchange;
  Wire::Done done;
  CURL* easy = nullptr;
  CurlList headers;
  std::array<char, CURL_ERROR_SIZE> error{};
  std::uint64_t sent = 0;  ///< bytes of the request's body
  Outcome outcome;

  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    if (easy != nullptr) curl_easy_cleanup(easy);
  }
};

void note_place(Transfer& transfer) {
  const char* url = nullptr;
  curl_easy_getinfo(transfer.easy, CURLINFO_EFFECTIVE_URL, &url);
  const auto place = specs::Url::parse(url == nullptr ? "" : url);
  transfer.outcome.head.url = place ? place->without_credentials() : transfer.exchange.url;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& head = static_cast<Transfer*>(self)->outcome.head;
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {
    head = {};
    const auto space = line.find(' ');
    head.status = static_cast<int>(parse_u64(line.substr(space + 1, 3)).value_or(0));
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    head.headers.emplace_back(to_lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
  }
  return size * count;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.outcome.head.url.empty()) note_place(transfer);
  if (transfer.exchange.sink(transfer.outcome.head, {data, size * count})) return size * count;
  transfer.outcome.refused = true;
  return CURL_WRITEFUNC_ERROR;
}

std::size_t on_send(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!transfer.exchange.body) return 0;
  auto got = transfer.exchange.body->read(transfer.sent, {data, size * count});
  if (!got) {
    transfer.outcome.unread = std::move(got.error());
    return CURL_READFUNC_ABORT;
  }
  transfer.sent += *got;
  return *got;
}

/// For a body that is sent again, because the server closed a connection that it had kept.
int on_seek(void* self, curl_off_t offset, int from) {
  if (from != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Transfer*>(self)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

/// Keeps sockets from being inherited by programs started meanwhile.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void set_up_way(CURL* easy, const Exchange& exchange, const NetworkSettings& network) {
  const bool tls = exchange.url.scheme() == "https";
  // Set even if empty, or libcurl would read the process environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, tls ? network.https_proxy.c_str() : network.http_proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, network.no_proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_up_trust(easy, exchange.trust.get(), network);
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
  if (!network.netrc.empty()) curl_easy_setopt(easy, CURLOPT_NETRC_FILE, network.netrc.c_str());
  if (!exchange.user.empty() || !exchange.password.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, exchange.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, exchange.password.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, only_reads(exchange.method) ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  if (exchange.bulk || has_body(exchange.method)) {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBulkBuffer);
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, tls ? 1L : 0L);
  }
}

void set_up_upload(Transfer& transfer) {
  auto* const easy = transfer.easy;
  const auto& exchange = transfer.exchange;
  const auto size = exchange.body ? exchange.body->size() : 0;
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kBulkBuffer);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
  curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, &transfer);
}

void set_up_request(Transfer& transfer) {
  auto* const easy = transfer.easy;
  const auto& exchange = transfer.exchange;
  curl_easy_setopt(easy, CURLOPT_URL, exchange.url.with_secrets().c_str());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "launch");
  if (exchange.method == Method::head) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (has_body(exchange.method)) set_up_upload(transfer);
  if (has_body(exchange.method) || exchange.method == Method::remove)
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, name_of(exchange.method).data());
  for (const auto& [name, value] : exchange.headers) transfer.headers.add(fmt::format("{}: {}", name, value));
  if (exchange.range) {
    const auto range = fmt::format("{}-{}", exchange.range->first, exchange.range->last);
    curl_easy_setopt(easy, CURLOPT_RANGE, range.c_str());
  }
  if (exchange.bulk || exchange.range) {
    transfer.headers.add("Accept-Encoding: identity");
  } else {
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.head);
}

/// How long a transfer may go without data. A server may hash what it received before it answers.
std::chrono::seconds patience_of(const Exchange& exchange, const Wire::Settings& settings) {
  constexpr int kUploadFactor = 5;
  if (exchange.patience) return *exchange.patience;
  return has_body(exchange.method) ? settings.stall_timeout * kUploadFactor : settings.stall_timeout;
}

void set_up(Transfer& transfer, const Wire::Settings& settings) {
  auto* const easy = transfer.easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(settings.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  const auto patience = patience_of(transfer.exchange, settings);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.count()));
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, transfer.exchange.new_connection ? 1L : 0L);
  set_up_way(easy, transfer.exchange, settings.network);
  set_up_request(transfer);
}

}  // namespace

class Wire::Driver {
 public:
  explicit Driver(Settings settings);
  ~Driver();
  Ticket start(Exchange exchange, Done done);
  void cancel(Ticket ticket);

 private:
  void run();
  bool take_in();
  void begin_some();
  void end_some();
  void finish(CURL* easy, CURLcode code);
  void drop(Ticket ticket);
  void end(std::unique_ptr<Transfer> transfer);

  Settings settings_;
  CURLM* multi_ = nullptr;
  std::thread thread_;

  std::mutex mutex_;
  bool ending_ = false;
  Ticket next_ticket_ = 1;
  std::vector<std::unique_ptr<Transfer>> inbox_;
  std::vector<Ticket> cancelled_;

  // Used only by the wire's thread.
  std::deque<std::unique_ptr<Transfer>> waiting_;
  std::map<Ticket, std::unique_ptr<Transfer>> active_;
};

Wire::Driver::Driver(Settings settings) : settings_(std::move(settings)) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(2 * settings_.parallel));
}

Wire::Driver::~Driver() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  if (thread_.joinable()) {
    curl_multi_wakeup(multi_);
    thread_.join();
  }
  curl_multi_cleanup(multi_);
}

Wire::Ticket Wire::Driver::start(Exchange exchange, Done done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->exchange = std::move(exchange);
  transfer->done = std::move(done);
  const std::lock_guard guard(mutex_);
  const auto ticket = next_ticket_++;
  transfer->ticket = ticket;
  inbox_.push_back(std::move(transfer));
  if (!thread_.joinable()) {
    // Signals are for the program's own threads; a thread inherits the mask of its creator.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  curl_multi_wakeup(multi_);
  return ticket;
}

void Wire::Driver::cancel(Ticket ticket) {
  const std::lock_guard guard(mutex_);
  cancelled_.push_back(ticket);
  curl_multi_wakeup(multi_);
}

void Wire::Driver::run() {
  while (take_in()) {
    begin_some();
    int running = 0;
    curl_multi_perform(multi_, &running);
    end_some();
    if (!waiting_.empty() && active_.size() < settings_.parallel) continue;
    curl_multi_poll(multi_, nullptr, 0, kLongestPoll, nullptr);
  }
  while (!waiting_.empty()) drop(waiting_.front()->ticket);
  while (!active_.empty()) drop(active_.begin()->first);
}

/// False if the wire should end.
bool Wire::Driver::take_in() {
  std::vector<std::unique_ptr<Transfer>> fresh;
  std::vector<Ticket> cancelled;
  bool ending = false;
  {
    const std::lock_guard guard(mutex_);
    fresh.swap(inbox_);
    cancelled.swap(cancelled_);
    ending = ending_;
  }
  for (auto& transfer : fresh) waiting_.push_back(std::move(transfer));
  for (const auto ticket : cancelled) drop(ticket);
  return !ending;
}

void Wire::Driver::begin_some() {
  while (!waiting_.empty() && active_.size() < settings_.parallel) {
    auto transfer = std::move(waiting_.front());
    waiting_.pop_front();
    transfer->easy = curl_easy_init();
    set_up(*transfer, settings_);
    curl_multi_add_handle(multi_, transfer->easy);
    active_.emplace(transfer->ticket, std::move(transfer));
  }
}

void Wire::Driver::end_some() {
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
  }
}

void Wire::Driver::finish(CURL* easy, CURLcode code) {
  Transfer* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  auto node = active_.extract(self->ticket);
  auto transfer = std::move(node.mapped());
  note_place(*transfer);
  if (code != CURLE_OK && !transfer->outcome.refused) {
    auto settings = settings_;
    settings.stall_timeout = patience_of(transfer->exchange, settings_);
    transfer->outcome.failure = explain(easy, code, transfer->error.data(), settings);
    transfer->outcome.failure->unsent = code == CURLE_COULDNT_RESOLVE_HOST ||
                                        code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_CONNECT;
  }
  curl_multi_remove_handle(multi_, easy);
  end(std::move(transfer));
}

void Wire::Driver::drop(Ticket ticket) {
  std::unique_ptr<Transfer> transfer;
  const auto waiting = std::ranges::find(waiting_, ticket, [](const auto& each) { return each->ticket; });
  if (waiting != waiting_.end()) {
    transfer = std::move(*waiting);
    waiting_.erase(waiting);
  } else if (auto node = active_.extract(ticket)) {
    transfer = std::move(node.mapped());
    curl_multi_remove_handle(multi_, transfer->easy);
  } else {
    return;
  }
  transfer->outcome.cancelled = true;
  end(std::move(transfer));
}

void Wire::Driver::end(std::unique_ptr<Transfer> transfer) {
  const auto done = std::move(transfer->done);
  auto outcome = std::move(transfer->outcome);
  transfer.reset();
  done(std::move(outcome));
}

Wire::Wire(Settings settings) : driver_(std::make_unique<Driver>(std::move(settings))) {}
Wire::~Wire() = default;
Wire::Ticket Wire::start(Exchange exchange, Done done) {
  return driver_->start(std::move(exchange), std::move(done));
}
void Wire::cancel(Ticket ticket) {
  driver_->cancel(ticket);
}

}  // namespace launch::net
