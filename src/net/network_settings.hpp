#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/environment.hpp"

namespace launch::net {

/// What the machine says about reaching the network.
struct NetworkSettings {
  std::string http_proxy;   ///< for http:// URLs; empty: none
  std::string https_proxy;  ///< for https:// URLs
  std::string no_proxy;     ///< hosts, suffixes and networks that are asked directly, separated by commas
  std::filesystem::path netrc;
  std::string ca_file;    ///< bundle of trusted certificates; empty with no folder: the system's
  std::string ca_folder;  ///< hashed folder of trusted certificates
  std::string ca_from;    ///< what named it: "SSL_CERT_FILE", for messages
};

/// Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY (either case, lower wins), NETRC or ~/.netrc;
/// `certificates`, else the first of SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE (which may be a
/// folder), and SSL_CERT_DIR.
NetworkSettings read_network_settings(const Environment& environment,
                                      const std::optional<std::string>& certificates);

}  // namespace launch::net
