#pragma once

#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/http.hpp"
#include "net/retry.hpp"
#include "net/wire.hpp"

namespace launch::net {

/// Users and passwords from URLs, kept for later URLs of the same origin without any: what a page links to is
/// requested with the page's credentials. Thread-safe.
class Credentials {
 public:
  void learn(const specs::Url& url);
  /// User and password.
  std::pair<std::string, std::string> of(const specs::Url& url);

 private:
  std::mutex mutex_;
  std::map<std::string, std::pair<std::string, std::string>> by_origin_;
};

/// Whether a request may be sent again: also if the server may have acted on it, if it cannot have, or not.
enum class Repeat { safe, unsafe, never };

/// The state shared by all calls of a client.
struct Session {
  Session(HttpOptions given, const Environment& environment, Clock& time, Disk& files);

  HttpOptions options;
  Clock& clock;
  Disk& disk;
  Credentials credentials;
  Backoff backoff;
  Wire wire;  ///< last: its thread ends first

  /// An exchange for this URL, with the credentials known for its origin. Errors (environment): not an http
  /// or https URL.
  Result<Exchange> exchange(const specs::Url& url);
  /// The wait before the next try; nullopt if there should be none. `failures` counts from 0.
  std::optional<std::chrono::milliseconds> wait_before_retry(const Outcome& outcome, int failures,
                                                             Repeat repeat = Repeat::safe);
};

/// "cannot fetch URL: REASON" with the failure's hint.
Error failure_error(std::string_view verb, const specs::Url& url, const Failure& failure);

/// All exchanges in parallel, with retries, bypassing the cache; answers in the order of the requests.
std::vector<Result<HttpResponse>> exchange_all(Session& session, std::span<const HttpRequest> requests);

}  // namespace launch::net
