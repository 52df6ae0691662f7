#include "net/network_settings.hpp"

#include <initializer_list>

#include "base/text.hpp"

namespace launch::net {
namespace {

std::string first_of(const Environment& environment, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (auto value = environment.get(name)) return *value;
  }
  return {};
}

void read_certificates(NetworkSettings& out, const Environment& environment,
                       const std::optional<std::string>& certificates) {
  const auto take = [&](const std::string& value, std::string_view from) {
    (std::filesystem::is_directory(value) ? out.ca_folder : out.ca_file) = value;
    out.ca_from = from;
  };
  if (certificates) return take(*certificates, "the configured certificates");
  for (const auto* const name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}) {
    const auto value = environment.get(name);
    if (!value) continue;
    take(*value, name);
    break;
  }
  const auto folder = environment.get("SSL_CERT_DIR");
  if (!folder) return;
  // A bundle in the folder was made from the folder's files; with both set, libcurl would read the bundle
  // again for every connection.
  if (!out.ca_file.empty() && std::filesystem::path(out.ca_file).parent_path() == *folder) return;
  out.ca_folder = *folder;
  if (out.ca_from.empty()) out.ca_from = "SSL_CERT_DIR";
}

}  // namespace

NetworkSettings read_network_settings(const Environment& environment,
                                      const std::optional<std::string>& certificates,
                                      const std::optional<std::string>& proxy) {
  NetworkSettings out;
  out.http_proxy = first_of(environment, {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
  out.https_proxy = first_of(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  if (proxy && out.http_proxy.empty()) out.http_proxy = *proxy;
  if (proxy && out.https_proxy.empty()) out.https_proxy = *proxy;
  out.no_proxy = first_of(environment, {"no_proxy", "NO_PROXY"});
  out.netrc = environment.get("NETRC").value_or(environment.home() / ".netrc");
  read_certificates(out, environment, certificates);
  return out;
}

}  // namespace launch::net
