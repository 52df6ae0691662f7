#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/environment.hpp"

namespace launch::net {

/// The machine's network configuration.
struct NetworkSettings {
  std::string http_proxy;   ///< for http:// URLs; empty: none
  std::string https_proxy;  ///< for https:// URLs
  std::string no_proxy;     ///< hosts, suffixes and networks to contact directly, separated by commas
  std::filesystem::path netrc;
  std::string ca_file;    ///< bundle of trusted certificates; empty with no folder: the system's
  std::string ca_folder;  ///< hashed folder of trusted certificates
  std::string ca_from;    ///< its source, for messages: "SSL_CERT_FILE"
};

/// Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY (in either case; lower case wins), NETRC or
/// ~/.netrc, and `certificates`, else the first of SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE (each
/// may be a folder), and SSL_CERT_DIR. `proxy`: where the environment has none.
NetworkSettings read_network_settings(const Environment& environment,
                                      const std::optional<std::string>& certificates,
                                      const std::optional<std::string>& proxy = {});

}  // namespace launch::net
