#include "net/trust.hpp"

#include <string>

#include <unistd.h>

#include "base/file.hpp"

namespace launch::net {
namespace {

void trust_as_machine(CURL* easy, const NetworkSettings& network) {
  if (network.ca_file.empty() && network.ca_folder.empty()) {
    // libcurl caches a bundle for all connections, but rereads it for each one if a folder is set as well;
    // distributions set both by default.
    const auto* const bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
    if (bundle != nullptr && ::access(bundle, R_OK) == 0) {
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
      curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, nullptr);
    }
    return;
  }
  const auto or_none = [](const std::string& value) { return value.empty() ? nullptr : value.c_str(); };
  curl_easy_setopt(easy, CURLOPT_CAINFO, or_none(network.ca_file));
  curl_easy_setopt(easy, CURLOPT_CAPATH, or_none(network.ca_folder));
  curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, or_none(network.ca_file));
  curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, or_none(network.ca_folder));
}

/// Trusts the authorities of the exchange besides those of the machine, or any certificate. libcurl takes one
/// bundle only.
void trust_besides(CURL* easy, const Trust& trust, const NetworkSettings& network) {
  if (!trust.authorities.empty()) {
    const auto* const bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
    std::string path = network.ca_file;
    if (path.empty() && network.ca_folder.empty() && bundle != nullptr) path = bundle;
    auto text = trust.authorities + "\n";
    if (const auto machine = path.empty() ? Result<std::string>("") : read_file(path)) text += *machine;
    curl_blob blob = {text.data(), text.size(), CURL_BLOB_COPY};
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
  }
  if (trust.unverified) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!trust.certificate.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, trust.certificate.c_str());
  if (!trust.key.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, trust.key.c_str());
}

}  // namespace

void set_up_trust(CURL* easy, const Trust* trust, const NetworkSettings& network) {
  trust_as_machine(easy, network);
  if (trust != nullptr) trust_besides(easy, *trust, network);
}

}  // namespace launch::net
