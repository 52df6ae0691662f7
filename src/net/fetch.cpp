#include "net/fetch.hpp"

#include <algorithm>
#include <memory>
#include <stop_token>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "net/mailbox.hpp"

namespace launch::net {

using std::chrono::milliseconds;
using Instant = std::chrono::steady_clock::time_point;

void Credentials::learn(const specs::Url& url) {
  if (!url.has_credentials()) return;
  const std::lock_guard guard(mutex_);
  by_origin_[url.origin()] = {url.user(), url.password()};
}

std::pair<std::string, std::string> Credentials::of(const specs::Url& url) {
  learn(url);
  const std::lock_guard guard(mutex_);
  const auto known = by_origin_.find(url.origin());
  return known == by_origin_.end() ? std::pair<std::string, std::string>() : known->second;
}

namespace {
HttpOptions workable(HttpOptions options) {
  options.parallel = std::max<std::size_t>(1, options.parallel);
  options.segment = std::max<std::uint64_t>(1, options.segment);
  return options;
}
}  // namespace

Session::Session(HttpOptions given, const Environment& environment, Clock& time, Disk& files)
    : options(workable(std::move(given))),
      clock(time),
      disk(files),
      backoff(options.retry_base),
      wire({.network = read_network_settings(environment, options.certificates, options.proxy),
            .parallel = options.parallel,
            .connect_timeout = options.connect_timeout,
            .stall_timeout = options.stall_timeout}) {
  for (const auto& url : options.known) credentials.learn(url);
}

Result<Exchange> Session::exchange(const specs::Url& url) {
  if (!url.is_http()) return fail(environment_error(fmt::format("{} is not an http or https URL", url)));
  Exchange out;
  out.url = url.without_credentials();
  std::tie(out.user, out.password) = credentials.of(url);
  return out;
}

std::optional<milliseconds> Session::wait_before_retry(const Outcome& outcome, int failures, Repeat repeat) {
  if (failures >= options.retries || outcome.refused || outcome.cancelled || repeat == Repeat::never)
    return std::nullopt;
  if (outcome.failure) {
    if (!outcome.failure->again || (repeat == Repeat::unsafe && !outcome.failure->unsent))
      return std::nullopt;
    return backoff.wait(failures, std::nullopt);
  }
  if (!is_retryable_status(outcome.head.status)) return std::nullopt;
  constexpr int kTooManyRequests = 429;
  if (repeat == Repeat::unsafe && outcome.head.status != kTooManyRequests) return std::nullopt;
  const auto asked = outcome.head.header("retry-after");
  return backoff.wait(failures, asked ? parse_retry_after(*asked, clock.now()) : std::nullopt);
}

Error failure_error(std::string_view verb, const specs::Url& url, const Failure& failure) {
  auto error = environment_error(fmt::format("cannot {} {}: {}", verb, url, failure.reason));
  if (!failure.hint.empty()) error.hint(failure.hint);
  return error;
}

namespace {

struct Fetched {
  std::size_t index = 0;
  Outcome outcome;
  std::shared_ptr<std::string> body;
};

/// One call of exchange_all.
class Batch {
 public:
  Batch(Session& session, std::span<const HttpRequest> requests)
      : session_(session),
        stop_(session.options.stop),
        requests_(requests),
        tries_(requests.size()),
        tickets_(requests.size()),
        answers_(requests.size()) {}

  std::vector<Result<HttpResponse>> run() {
    for (std::size_t i = 0; i < requests_.size() && !stop_.stop_requested(); ++i) start(i);
    while (on_the_way_ > 0 || !delayed_.empty()) {
      if (stop_.stop_requested()) break;
      start_delayed();
      if (on_the_way_ == 0) {
        sleep_until_first();
      } else if (auto news = mail_->take(until_first(), stop_)) {
        --on_the_way_;
        take(*std::move(news));
      }
    }
    std::vector<Result<HttpResponse>> out;
    out.reserve(answers_.size());
    for (std::size_t i = 0; i < answers_.size(); ++i)
      out.push_back(answers_[i] ? *std::move(answers_[i]) : stopped(i));
    return out;
  }

 private:
  Result<HttpResponse> stopped(std::size_t i) const {
    if (tickets_[i]) session_.wire.cancel(*tickets_[i]);
    return fail(environment_error(fmt::format("stopped before {} was fetched", requests_[i].url)));
  }

  void start(std::size_t i) {
    const auto& request = requests_[i];
    auto exchange = session_.exchange(request.url);
    if (!exchange) {
      answers_[i] = fail(std::move(exchange.error()));
      return;
    }
    exchange->method = request.method;
    exchange->headers = request.headers;
    exchange->range = request.range;
    exchange->new_connection = tries_[i].lost;
    if (only_reads(request.method) && tries_[i].failures == 0 && session_.options.retries > 0)
      exchange->patience = std::min(session_.options.first_patience, session_.options.stall_timeout);
    exchange->body = request.body;
    exchange->trust = request.trust;
    auto body = std::make_shared<std::string>();
    exchange->sink = [body, most = request.most](const Head&, std::string_view bytes) {
      if (bytes.size() > most - body->size()) return false;
      body->append(bytes);
      return true;
    };
    ++on_the_way_;
    tickets_[i] = session_.wire.start(*std::move(exchange), [mail = mail_, i, body](Outcome outcome) {
      mail->put({i, std::move(outcome), body});
    });
  }

  void take(Fetched news) {
    const auto i = news.index;
    const auto& request = requests_[i];
    auto& outcome = news.outcome;
    const auto repeat = request.once                                       ? Repeat::never
                        : only_reads(request.method) || request.repeatable ? Repeat::safe
                                                                           : Repeat::unsafe;
    if (outcome.unread) {
      answers_[i] = fail(std::move(*outcome.unread).during(fmt::format("sending to {}", request.url)));
    } else if (const auto wait = session_.wait_before_retry(outcome, tries_[i].failures, repeat)) {
      tries_[i] = {.failures = tries_[i].failures + 1, .lost = outcome.failure.has_value()};
      log_debug("{}: {}; trying again in {} ms", request.url,
                outcome.failure ? outcome.failure->reason : fmt::format("status {}", outcome.head.status),
                wait->count());
      delayed_.emplace_back(session_.clock.steady() + *wait, i);
    } else if (outcome.refused && !request.range) {
      answers_[i] = fail(environment_error(
          fmt::format("{} is larger than the limit of {}", request.url, human_bytes(request.most))));
    } else if (outcome.failure) {
      answers_[i] = fail(
          failure_error(only_reads(request.method) ? "fetch" : "send to", request.url, *outcome.failure));
    } else {
      HttpResponse response;
      response.status = outcome.head.status;
      response.headers = std::move(outcome.head.headers);
      response.too_long = outcome.refused;
      if (!outcome.refused) response.body = std::move(*news.body);
      response.url = std::move(outcome.head.url);
      answers_[i] = std::move(response);
    }
  }

  Instant first_due() const { return std::ranges::min_element(delayed_)->first; }

  milliseconds until_first() const {
    constexpr milliseconds kLong{60'000};
    if (delayed_.empty()) return kLong;
    const auto wait = std::chrono::ceil<milliseconds>(first_due() - session_.clock.steady());
    return std::clamp(wait, milliseconds(0), kLong);
  }

  void start_delayed() {
    const auto now = session_.clock.steady();
    const auto due =
        std::partition(delayed_.begin(), delayed_.end(), [&](const auto& each) { return each.first > now; });
    const std::vector<std::pair<Instant, std::size_t>> ready(due, delayed_.end());
    delayed_.erase(due, delayed_.end());
    for (const auto& [when, i] : ready) start(i);
  }

  /// Nothing is on the way: wait by the clock's own sleep, which tests can make short.
  void sleep_until_first() {
    if (delayed_.empty()) return;
    const auto first = std::ranges::min_element(delayed_);
    session_.clock.sleep(until_first(), stop_);
    first->first = Instant::min();
  }

  Session& session_;
  const std::stop_token& stop_;
  std::span<const HttpRequest> requests_;
  struct Tries {
    int failures = 0;
    bool lost = false;  ///< the last try got no whole answer
  };
  std::vector<Tries> tries_;
  std::vector<std::optional<Wire::Ticket>> tickets_;
  std::vector<std::optional<Result<HttpResponse>>> answers_;
  std::vector<std::pair<Instant, std::size_t>> delayed_;
  std::size_t on_the_way_ = 0;
  std::shared_ptr<Mailbox<Fetched>> mail_ = std::make_shared<Mailbox<Fetched>>();
};

}  // namespace

std::vector<Result<HttpResponse>> exchange_all(Session& session, std::span<const HttpRequest> requests) {
  return Batch(session, requests).run();
}

}  // namespace launch::net
