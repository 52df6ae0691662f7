#include "net/failure.hpp"

#include <cstring>

#include <fmt/format.h>

#include "net/status.hpp"
#include "specs/url.hpp"

namespace launch::net {
namespace {

std::string url_of(CURL* easy) {
  const char* url = nullptr;
  curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
  return url == nullptr ? "" : url;
}

/// "HOST:PORT" that the exchange last talked to.
std::string peer_of(CURL* easy) {
  const auto url = specs::Url::parse(url_of(easy));
  if (!url || !url->is_http()) return "the server";
  return fmt::format("{}:{}", url->host(), url->port().value_or(0));
}

std::string proxy_of(CURL* easy, const Wire::Settings& settings) {
  const bool tls = url_of(easy).starts_with("https:");
  const auto& proxy = tls ? settings.network.https_proxy : settings.network.http_proxy;
  return proxy.find("://") == std::string::npos ? specs::redacted_url("http://" + proxy).substr(7)
                                                : specs::redacted_url(proxy);
}

bool went_to_proxy(std::string_view text) {
  return text.find("proxy") != std::string_view::npos ||
         text.find("CONNECT tunnel") != std::string_view::npos;
}

std::string os_error(CURL* easy) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  return number == 0 ? "" : std::string(": ") + std::strerror(static_cast<int>(number));
}

std::string after(std::string_view text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return std::string(text);
}

Failure no_connection(CURL* easy, std::string_view text, const Wire::Settings& settings) {
  const auto peer = peer_of(easy);
  const auto colon = peer.rfind(':');
  const bool straight = text.find(fmt::format("{} port {}", peer.substr(0, colon), peer.substr(colon + 1))) !=
                        std::string_view::npos;
  const auto proxy = proxy_of(easy, settings);
  const auto whom = straight || proxy.empty() ? peer : "the proxy " + proxy;
  return {fmt::format("cannot connect to {}{}", whom, os_error(easy)), true};
}

Failure timed_out(CURL* easy, const Wire::Settings& settings) {
  curl_off_t ready = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
  if (ready == 0) {
    return {fmt::format("cannot connect to {} within {} s", peer_of(easy), settings.connect_timeout.count()),
            true};
  }
  return {fmt::format("no data received for {} s", settings.stall_timeout.count()), true};
}

Failure untrusted(std::string_view text) {
  const auto why = text.starts_with("SSL certificate problem: ") ? after(text, "SSL certificate problem: ")
                                                                 : after(text, "SSL: ");
  return {fmt::format("{}: {}", kUntrusted, why), false,
          "if you trust the server, set SSL_CERT_FILE to a bundle with its certificate authority"};
}

Failure tls_failed(CURL* easy, std::string_view text) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  const bool cut = number != 0 || text.find("SYSCALL") != std::string_view::npos ||
                   text.find("unexpected eof") != std::string_view::npos;
  const bool plain = text.find("wrong version number") != std::string_view::npos ||
                     text.find("packet length too long") != std::string_view::npos;
  return {fmt::format("TLS handshake failed with {}: {}", peer_of(easy), plain ? kNoTls : text), cut};
}

}  // namespace

Failure explain(CURL* easy, CURLcode code, std::string_view text, const Wire::Settings& settings) {
  const std::string words = text.empty() ? curl_easy_strerror(code) : std::string(text);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {fmt::format("cannot resolve the host of {}", peer_of(easy)), true};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {fmt::format("cannot resolve the host of the proxy {}", proxy_of(easy, settings)), true,
              "the proxy comes from HTTP_PROXY, HTTPS_PROXY or ALL_PROXY; hosts in NO_PROXY are contacted "
              "directly"};
    case CURLE_COULDNT_CONNECT:
      return no_connection(easy, words, settings);
    case CURLE_OPERATION_TIMEDOUT:
      return timed_out(easy, settings);
    case CURLE_GOT_NOTHING:
      return {"the server closed the connection without an answer", true};
    case CURLE_PARTIAL_FILE:
      return {"the connection was closed before the end", true};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PROXY:
      if (went_to_proxy(words)) {
        return {fmt::format("the proxy {} refused the connection: {}", proxy_of(easy, settings), words),
                false};
      }
      return {fmt::format("the connection was lost{}", os_error(easy)), true};
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return {words, true};
    case CURLE_SSL_CONNECT_ERROR:
      return tls_failed(easy, words);
    case CURLE_PEER_FAILED_VERIFICATION:
      return untrusted(words);
    case CURLE_SSL_CACERT_BADFILE:
      return {fmt::format(
                  "the certificates in {} (from {}) cannot be read",
                  settings.network.ca_file.empty() ? settings.network.ca_folder : settings.network.ca_file,
                  settings.network.ca_from.empty() ? "the system" : settings.network.ca_from),
              false};
    case CURLE_TOO_MANY_REDIRECTS:
      return {"more than 10 redirects", false};
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (words.find("HTTP/0.9") != std::string::npos) return {"the server did not answer in HTTP", false};
      return {"it redirects to a URL that is not allowed: from https to http, or neither http nor https",
              false};
    case CURLE_WEIRD_SERVER_REPLY:
      return {"the server did not answer in HTTP", false};
    case CURLE_BAD_CONTENT_ENCODING:
      return {"its content encoding is invalid", false};
    default:
      return {words, false};
  }
}

}  // namespace launch::net
