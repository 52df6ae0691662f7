#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/http.hpp"
#include "net/status.hpp"

namespace launch::registry {

/// The registry's own error: "MANIFEST_UNKNOWN: manifest unknown"; empty if there is none.
std::string complaint(const net::HttpResponse& response);
/// "the registry returned 500 for URL, expected …", with the registry's own error and a hint for the status.
Error refused(const specs::Url& url, const net::HttpResponse& response, std::string_view expected,
              const net::StatusHints& hints);
/// Adds how to allow plain HTTP to an error of a request to `host`, if what answers does not speak TLS.
Error with_tls_hint(Error error, std::string_view host);
/// "the registry sent an invalid answer for URL: …"
Error garbage(const specs::Url& url, std::string_view found);

}  // namespace launch::registry
