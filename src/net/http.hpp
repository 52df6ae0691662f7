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
#include "net/body_source.hpp"
#include "net/headers.hpp"
#include "specs/url.hpp"

namespace launch::net {

/// First and last byte, inclusive (RFC 9110, 14.1.2).
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

enum class Method { get, head, post, put, patch, remove };
/// "GET", …; "DELETE" for remove
std::string_view name_of(Method method);
/// Whether requests of that method carry a body: POST, PUT and PATCH.
bool has_body(Method method);
/// Whether requests of that method change nothing on the server: GET and HEAD.
bool only_reads(Method method);

/// What secures a connection, besides the certificates that the machine trusts.
struct Trust {
  std::string authorities = {};            ///< further certificate authorities, as PEM text
  std::filesystem::path certificate = {};  ///< of this client; empty: none
  std::filesystem::path key = {};
  bool unverified = false;  ///< whatever certificate the server shows is accepted

  friend bool operator==(const Trust&, const Trust&) = default;
};

struct HttpRequest {
  specs::Url url;
  Method method = Method::get;
  Headers headers = {};
  std::optional<ByteRange> range = {};
  std::uint64_t most = std::uint64_t{256} << 20;  ///< a longer body is an error (to a range: too_long)
  bool cache = false;                             ///< may be answered from, and kept in, the on-disk cache
  Body body = {};                                 ///< of a method that has one; empty: no bytes
  /// Sending it twice is like sending it once. GET and HEAD are so by themselves; anything else is only
  /// retried if the server cannot have acted on it.
  bool repeatable = false;
  bool once = false;  ///< not retried
  std::shared_ptr<const Trust> trust = {};
};

struct HttpResponse {
  int status = 0;
  Headers headers;  ///< names in lower case
  std::string body;
  specs::Url url = {};  ///< after redirects, without credentials
  bool from_cache = false;
  bool too_long = false;  ///< a range request returned more than `most`: the body is dropped

  /// The value of the last header of that name (lower case).
  std::optional<std::string> header(std::string_view name) const { return find_header(headers, name); }
  bool ok() const { return status >= 200 && status < 300; }
};

struct DownloadRequest {
  specs::Url url;
  std::filesystem::path destination;       ///< written as DESTINATION.part until whole and verified
  std::optional<std::uint64_t> size = {};  ///< expected; a difference is an error
  std::optional<Digest> sha256 = {};       ///< expected; a difference is an error and the bytes are discarded
  std::string way_out = {};                ///< a further hint for that error
  Headers headers = {};
  std::shared_ptr<const Trust> trust = {};
};

struct DownloadResult {
  std::uint64_t size = 0;
  Digest sha256;              ///< of the whole file
  std::uint64_t fetched = 0;  ///< bytes that came over the wire this time
  std::string validator =
      {};  ///< strong ETag or Last-Modified of these bytes; empty if the server sends none
};

/// HTTP as the program needs it; main passes it in. Thread-safe. Users and passwords are attached only here:
/// those of a URL are sent to its origin only, and apply to later URLs of that origin without credentials.
/// Pages, locks and stores hold URLs without them. An Authorization header is not sent to another origin that
/// the server redirects to.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// One exchange, retried where that is safe and useful. Redirects of GET and HEAD are followed; for other
  /// methods they are the response. Any status is a response, not an error (even a 503
  /// that persists after the retries). Errors (environment): cannot connect, TLS, time-out, body over `most`,
  /// stopped; those of reading the request's body.
  virtual Result<HttpResponse> fetch(const HttpRequest& request) = 0;

  /// Many exchanges in parallel over shared connections; answers in the order of the requests.
  virtual std::vector<Result<HttpResponse>> fetch_all(std::span<const HttpRequest> requests) = 0;

  /// Many files in parallel, resuming partial files, in segments if the server supports ranges. Errors
  /// (environment): a status other than 2xx, wrong length, wrong digest ("expected …, got …"), disk full,
  /// stopped. `what` names the work for the reporter ("fetching wheels"), whose progress counts the bytes of
  /// all files together.
  virtual std::vector<Result<DownloadResult>> download(std::span<const DownloadRequest> requests,
                                                       std::string_view what, Reporter& reporter,
                                                       std::stop_token stop = {}) = 0;
};

struct HttpOptions {
  std::filesystem::path cache = {};             ///< folder of the on-disk cache; empty: none
  bool offline = false;                         ///< answer only from the cache, whatever its age; else fail
  bool refresh = false;                         ///< revalidate whatever the cache holds
  std::chrono::seconds default_freshness{600};  ///< of cached answers without a lifetime
  std::chrono::milliseconds retry_base{250};    ///< first wait between tries; doubles, with jitter
  int retries = 4;
  std::chrono::seconds connect_timeout{30};
  std::chrono::seconds stall_timeout{60};  ///< no data for this long: give up (and retry)
  /// No data for this long at the first try of an exchange: ask again on a new connection. One stream of a
  /// connection may stall for reasons of its own, and most answers come within a second.
  std::chrono::seconds first_patience{15};
  std::size_t parallel = 16;                       ///< transfers in parallel
  std::uint64_t segment = std::uint64_t{8} << 20;  ///< bytes per range request of a segmented download
  /// CA bundle or folder; by default that of the environment, else the system's.
  std::optional<std::string> certificates = {};
  /// For http:// and https:// URLs where the environment sets none.
  std::optional<std::string> proxy = {};
  std::vector<specs::Url> known = {};  ///< URLs whose credentials apply to their origins from the start
  std::stop_token stop = {};           ///< ends exchanges with an error, those waiting for a retry included
};

/// The real implementation, on libcurl. Proxies, certificates and netrc come from the given environment.
std::unique_ptr<HttpClient> make_http_client(HttpOptions options, const Environment& environment,
                                             Clock& clock, Disk& disk);

}  // namespace launch::net
