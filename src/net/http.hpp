#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/environment.hpp"
#include "base/reporter.hpp"
#include "base/result.hpp"
#include "net/headers.hpp"
#include "specs/url.hpp"

namespace launch::net {

/// First and last byte, both included (RFC 9110, 14.1.2).
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

enum class Method { get, head };
/// "GET"
std::string_view name_of(Method method);

struct HttpRequest {
  specs::Url url;
  Method method = Method::get;
  Headers headers = {};
  std::optional<ByteRange> range = {};
  std::uint64_t most = std::uint64_t{256} << 20;  ///< a longer body is an error (to a range: too_long)
  bool cache = false;                             ///< may be answered from, and kept in, the on-disk cache
};

struct HttpResponse {
  int status = 0;
  Headers headers;  ///< names in lower case
  std::string body;
  specs::Url url = {};  ///< after redirects, without credentials
  bool from_cache = false;
  bool too_long = false;  ///< more than `most` came where a range was asked for: the body is left out

  /// The last header of that name (lower case).
  std::optional<std::string> header(std::string_view name) const { return find_header(headers, name); }
  bool ok() const { return status >= 200 && status < 300; }
};

struct DownloadRequest {
  specs::Url url;
  std::filesystem::path destination;       ///< written as DESTINATION.part until whole and verified
  std::optional<std::uint64_t> size = {};  ///< expected; a difference is an error
  std::optional<Digest> sha256 = {};  ///< expected; a difference is an error and the bytes are thrown away
};

struct DownloadResult {
  std::uint64_t size = 0;
  Digest sha256;              ///< of the whole file
  std::uint64_t fetched = 0;  ///< bytes that came over the wire this time
};

/// HTTP as the program needs it; given in by main. All methods may be called from several threads.
/// Users and passwords are attached here and nowhere else: those of a URL are sent to its origin only, and
/// serve later URLs of that origin that carry none. Pages, locks and stores hold URLs without them.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// One exchange, retried where that is safe and useful. Any status is a response, not an error (a 503 that
  /// stayed one after the retries included). Errors (environment): no connection, TLS, time-out, body over
  /// `most`, stopped.
  virtual Result<HttpResponse> fetch(const HttpRequest& request) = 0;

  /// Many exchanges side by side over shared connections; answers in the order of the requests.
  virtual std::vector<Result<HttpResponse>> fetch_all(std::span<const HttpRequest> requests) = 0;

  /// Many files side by side, resumed where parts of them are there, in segments where the server can do
  /// ranges. Errors (environment): a status other than 2xx, wrong length, wrong digest ("expected …, got …"),
  /// disk full, stopped. `what` names the work for the reporter ("fetching wheels"), which is told of the
  /// bytes of all files together.
  virtual std::vector<Result<DownloadResult>> download(std::span<const DownloadRequest> requests,
                                                       std::string_view what, Reporter& reporter,
                                                       std::stop_token stop = {}) = 0;
};

struct HttpOptions {
  std::filesystem::path cache = {};             ///< folder of the on-disk cache; empty: none
  bool offline = false;                         ///< answer from the cache whatever its age, else an error
  bool refresh = false;                         ///< revalidate whatever the cache holds
  std::chrono::seconds default_freshness{600};  ///< of cached answers that give no lifetime of their own
  std::chrono::milliseconds retry_base{250};    ///< first wait between tries; doubles, with jitter
  int retries = 4;
  std::chrono::seconds connect_timeout{30};
  std::chrono::seconds stall_timeout{60};          ///< no byte for so long: given up (and tried again)
  std::size_t parallel = 16;                       ///< transfers side by side
  std::uint64_t segment = std::uint64_t{8} << 20;  ///< bytes a range request of a segmented download
  /// CA bundle or folder; else what the environment names, else the system's.
  std::optional<std::string> certificates = {};
  std::vector<specs::Url> known = {};  ///< URLs whose users and passwords serve their origins from the start
  std::stop_token stop = {};  ///< ends exchanges, those that wait for another try included, with an error
};

/// The real one, on libcurl. Proxies, certificates and netrc come from the environment that is given.
std::unique_ptr<HttpClient> make_http_client(HttpOptions options, const Environment& environment,
                                             Clock& clock, Disk& disk);

}  // namespace launch::net
